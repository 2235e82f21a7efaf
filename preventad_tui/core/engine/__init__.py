"""The transfer engine: a plan in, files on the disk and a ledger that knows them out."""

from preventad_tui.core.engine.run import Engine
from preventad_tui.core.engine.settings import MAX_JOBS, EngineSettings
from preventad_tui.core.engine.thread import EngineThread

__all__ = ["MAX_JOBS", "Engine", "EngineSettings", "EngineThread"]
