"""The few signs and colours that lists share."""

from preventad_tui.core.states import BAD, GOOD, FileState


def tick_sign(selected: int, of: int) -> str:
    """`[ ]` none, `[-]` some, `[x]` all."""
    if not selected:
        return "[ ]"
    return "[x]" if selected >= of else "[-]"


def state_style(state: FileState) -> str:
    """The component class that colours a state's word; the word itself says it all."""
    if state in GOOD:
        return "row--good"
    if state in BAD or state is FileState.MISSING:
        return "row--bad"
    return "row--muted" if state is FileState.NEW else "row--busy"
