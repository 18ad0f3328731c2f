"""Streamlit apps that really run: their processes, and the relay to them."""
