"""The first mapping, from an empty folder: questions and what is found, as values, for whatever face asks and shows."""
