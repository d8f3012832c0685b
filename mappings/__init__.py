"""Ready mappings and JSON Schemas; a package so that they ship."""
