"""The values that the Engine API exchanges: bodies, answers, websocket messages."""
