"""What npsync remembers: one small module of queries for each group of tables."""
