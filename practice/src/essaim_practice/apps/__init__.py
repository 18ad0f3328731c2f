"""The Streamlit apps that run for real: which ones, in what process, and the way to them."""
