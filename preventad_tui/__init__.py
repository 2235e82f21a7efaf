"""preventad-tui: choose and download PREVENT-AD images from a terminal."""

__version__ = "0.1.0"
