"""The worker process: many practice clusters, asked for over HTTP."""
