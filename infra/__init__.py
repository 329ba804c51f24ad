"""PostgreSQL, keys, settings and logs: what the register stands on."""
