"""The state of a cluster: records, the store that holds them, and the values below every room."""
