"""The images of a practice cluster: the catalogue, pulls, builds, archives."""
