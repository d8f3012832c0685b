"""What the user set: strict YAML in, frozen settings out, every problem with its place."""
