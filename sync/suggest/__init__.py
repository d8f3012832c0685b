"""Which field of a CRM is meant for which of our words, told from its name, type and values; nothing where not sure."""
