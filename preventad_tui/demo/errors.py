"""The one kind of trouble that the demo tells its callers about."""


class DemoError(Exception):
    """The demo server cannot be had; the text is one readable sentence."""
