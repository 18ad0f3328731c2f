"""Docker engines: the runtime of containers, and the cluster that joins every part."""
