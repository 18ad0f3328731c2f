"""HTTP on a socket: from bytes to a handler and back."""
