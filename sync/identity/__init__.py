"""Who answered: from the claims in a response to a record, with the reason. Pure; precision first."""
