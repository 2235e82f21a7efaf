"""The commands that need no interface: the same core, lines instead of a screen."""
