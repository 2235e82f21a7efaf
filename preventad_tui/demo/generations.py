"""The generations of LORIS by the names used on the command line."""

from __future__ import annotations

from preventad_tui.demo.generation_a import GenerationA
from preventad_tui.demo.generation_b import GenerationB
from preventad_tui.demo.laminas import RELEASES
from preventad_tui.demo.site import Loris, Site

GENERATIONS = ("a", *RELEASES)


def loris(generation: str, site: Site) -> Loris:
    """Make a LORIS of a generation."""
    release = RELEASES.get(generation)
    return GenerationB(site, release) if release else GenerationA(site)
