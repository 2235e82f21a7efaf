"""The transfer engine: a plan in, files on the disk and a ledger that knows them out."""

from preventad_tui.core.engine.run import Engine
from preventad_tui.core.engine.settings import EngineSettings
from preventad_tui.core.engine.thread import EngineThread

__all__ = ["Engine", "EngineSettings", "EngineThread"]
