"""The terminal interface: shows the core's state and sends it commands."""

from preventad_tui.ui.environment import prepare_environment

prepare_environment()
