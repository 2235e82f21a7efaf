"""Bodies cut cleanly without a length, each at another place, as a dying php-fpm cuts them."""

import random
from collections import Counter, defaultdict
from dataclasses import replace

from preventad_tui.demo.bodies import Text, whole
from preventad_tui.demo.effects import Effect
from preventad_tui.demo.messages import Answer, Call


class RandomCut(Effect):
    """Cuts a body anywhere, never twice at one place of one file; `made` counts them by ending."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._used: defaultdict[str, set[int]] = defaultdict(set)
        self.made: Counter[str] = Counter()

    def answer(self, call: Call, answer: Answer) -> Answer:
        """End the chunks properly, too early."""
        data = whole(answer.body)
        used = self._used[call.target]
        places = range(len(data))
        if len(used) >= len(places):
            return replace(answer, sized=False)
        at = self._rng.choice((self._rng.choice(places), max(0, len(places) - 1 - len(used))))
        while at in used:
            at = self._rng.choice(places)
        used.add(at)
        name = call.target.rpartition("/")[2]
        self.made[name.partition(".")[2] or name] += 1
        return replace(answer, body=Text(data[:at]), sized=False)
