"""The terminal interface: shows the core's state and sends it commands."""
