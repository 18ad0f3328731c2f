"""SQL for the servers of databases: SQLite in memory, within limits."""
