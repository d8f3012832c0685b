"""Survey services: one engine, and a YAML file for each service."""
