"""What is decided, and in which order."""
