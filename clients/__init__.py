"""Others' clients, unmodified, against a practice engine: ``make clients``."""
