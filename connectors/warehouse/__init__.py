"""The embedded customer profile store, and any SQL database that a company already has."""
