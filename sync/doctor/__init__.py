"""What `npsync doctor` makes of what it is shown: pure checks, each with what was found and how to put it right."""
