"""What containers, volumes and machines hold: file systems that copy on write."""
