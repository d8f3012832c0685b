"""What a score says: categories, freshness, trend, risk, profiles of persons and the NPS of accounts."""
