"""What runs in containers: simulated programs, their processes, streams and terminals."""
