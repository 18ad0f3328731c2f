"""File systems of containers, volumes and engines; they copy on write."""
