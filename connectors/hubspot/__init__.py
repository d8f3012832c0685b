"""HubSpot: contacts, companies and custom objects, read and written in batches of a hundred."""
