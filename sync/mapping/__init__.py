"""What goes from which source to which fields of which object, and how values are turned into fields."""
