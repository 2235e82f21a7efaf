"""How large the study is: sessions per visit label, and how many scans of each kind they hold.

The totals are the public ones of the open PREVENT-AD dataset (2021 snapshot): 308 candidates,
1,375 sessions, 23,589 images in BIDS. Who has what is made up by rule: within an arm the
candidates drop out in order, so the n sessions of a label belong to the first n of the arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

BOTH_ARMS_LABELS = ("PREFU12", "PREFU24", "PREFU36", "PREFU48")

# Sessions with 1, 2, 3, ... scans of a kind, per visit label; an empty place is no session.
# "fieldmap" counts pairs of magnitudes with their phase difference.
_COMMON = """
label    t1w       FLAIR T2star  asl  bold     dwi65  fieldmap   task-encoding  task-retrieval
NAPBL00  135,6     -     141     141  ,141     -      ,,140,1    141            140
NAPEN00  139,3     142   -       -    -        141    ,141       -              -
NAPFU03  114,11    -     123,2   124  ,124     -      ,,123,1    124            124
NAPFU12  117,6     -     122,1   123  ,122,1   -      ,,123      123            123
NAPFU24  ,113,6    119   117,2   119  ,119     119    ,,,1,118   118            118
NAPFU36  87,7      94    90,3    49   ,93      90     ,3,,86,4   -              -
NAPFU48  1,47,3    50    51      51   ,51      48     ,1,1,,49   50             50
PREBL00  162,4     -     161,5   166  ,165,1   -      ,49,117    117            117
PREEN00  161,5     166   -       -    -        163    ,164       -              -
PREFU12  109,4     1     109,4   113  ,113     -      ,6,106,1   106            106
PREFU24  2,61,3    65    65      65   ,65      65     ,1,1,,64   65             65
PREFU36  40,3      42,1  40,3    21   ,42,1    42     ,1,,41,1   -              -
PREFU48  ,26       26    25,1    26   ,26      25     ,,1,,25    26             26
"""
# Kinds that only the latest recruits have: they fill a label's sessions from the end.
_LATE = """
label    t2w   MP2RAGE  qT2star
PREBL00  45,1  42       -
PREEN00  -     -        46
PREFU12  2     1        1
"""
_RARE = """
label    pcasl
NAPFU36  4
PREFU36  1
"""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many of a label's sessions hold how many scans of one kind."""

    label: str
    kind: str
    sessions: tuple[int, ...]  # sessions with 1, 2, 3, ... scans
    from_the_end: bool

    def scans(self, rank: int, sessions_of_label: int) -> int:
        """Give the number of scans in the session with this rank among its label's."""
        place = sessions_of_label - 1 - rank if self.from_the_end else rank
        for scans in range(len(self.sessions), 0, -1):
            place -= self.sessions[scans - 1]
            if place < 0:
                return scans
        return 0


@dataclass(frozen=True, slots=True)
class Size:
    """The candidates of a study and how many of them reach each visit."""

    name: str
    both_arms: int
    sessions: tuple[tuple[str, int], ...]
    both_arms_sessions: tuple[tuple[str, int], ...]  # part of `sessions`

    def count(self, label: str) -> int:
        """Give the number of sessions with a visit label."""
        return dict(self.sessions)[label]


def _sessions(text: str) -> tuple[tuple[str, int], ...]:
    words = text.split()
    return tuple(zip(words[::2], map(int, words[1::2]), strict=True))


FULL = Size(
    "full",
    12,
    _sessions(
        "NAPBL00 141 NAPEN00 142 NAPFU03 125 NAPFU12 123 NAPFU24 119 NAPFU36 94 NAPFU48 51 "
        "PREBL00 166 PREEN00 166 PREFU12 113 PREFU24 66 PREFU36 43 PREFU48 26"
    ),
    _sessions("PREFU12 12 PREFU24 12 PREFU36 8 PREFU48 4"),
)
SMALL = Size(
    "small",
    2,
    _sessions(
        "NAPBL00 5 NAPEN00 5 NAPFU03 3 NAPFU12 3 NAPFU24 3 NAPFU36 2 NAPFU48 1 "
        "PREBL00 7 PREEN00 7 PREFU12 5 PREFU24 4 PREFU36 2 PREFU48 1"
    ),
    _sessions("PREFU12 2 PREFU24 2 PREFU36 1 PREFU48 0"),
)
SIZES = {size.name: size for size in (FULL, SMALL)}


@cache
def quotas() -> tuple[Quota, ...]:
    """Read the three tables above."""
    found: list[Quota] = []
    for table in (_COMMON, _LATE, _RARE):
        head, *rows = [line.split() for line in table.strip().splitlines()]
        for label, *cells in rows:
            for kind, cell in zip(head[1:], cells, strict=True):
                if cell != "-":
                    sessions = tuple(int(part or 0) for part in cell.split(","))
                    found.append(Quota(label, kind, sessions, table is _LATE))
    return tuple(found)
