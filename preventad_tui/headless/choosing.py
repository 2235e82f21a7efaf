"""From a command's options to the images they mean, and what is said of the choice."""

from preventad_tui.core.catalogue import CatalogueIndex
from preventad_tui.core.config import Settings
from preventad_tui.core.design_report import design_sentences
from preventad_tui.core.preselect import preselect
from preventad_tui.core.selection import Selection
from preventad_tui.headless.session import Session


def choose_images(
    session: Session, index: CatalogueIndex, settings: Settings | None = None
) -> Selection:
    """What the options (or other `settings`) select; of a study design, say how the counts fall.

    Raises:
        UsageError: a name that is not known, or nothing that matches.
    """
    selection = preselect(settings or session.settings, index)
    rules = selection.rules
    if rules.design:
        for sentence in design_sentences(index.regions, rules.design, rules.filters):
            session.output.say(sentence)
    return selection
