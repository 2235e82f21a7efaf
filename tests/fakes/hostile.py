"""Names, links and texts made to harm, and faults that put them into the server's answers."""

import copy
import json
import random
from dataclasses import replace
from typing import Any

from preventad_tui.demo.bodies import Text, whole
from preventad_tui.demo.effects import Effect
from preventad_tui.demo.messages import Answer, Call

_ROOTS = ("..", "../..", "../../..", "/etc", "/tmp", "~", "~root", "$HOME", "%2e%2e", "..%2f..")
_LEAVES = ("x", "passwd", "authorized_keys", ".bashrc", "x.nii.gz", "x.json")

NAMES = (
    *("", ".", "..", "...", "....", "/", "//", "\\", "\\\\", "~", "-", "--", "-rf", "*", "?", "|"),
    *(f"{root}/{leaf}" for root in _ROOTS for leaf in _LEAVES),
    *("..\\x", "..\\..\\x", "C:", "C:\\x", "C:/x", "\\\\host\\share", "//host/share", "file:///x"),
    *("con", "CON", "aux.json", "nul", "prn.nii.gz"),
    *("com1", "lpt9.tsv", "a.", "a ", " a", "a..", "x."),
    *("a/../b", "a/./b", "a//b", "a/b", "./a", "a/"),
    *("/a", ".git", ".git/hooks/post-commit", ".datalad"),
    *(".preventad-tui", ".preventad-tui/ledger/x.jsonl"),
    *(".bash_login", ".ssh", ".netrc", ".profile"),
    *("a\0b", "\0", "a\nb", "a\rb", "a\tb", "a\x1bb"),
    *("\x1b]0;t\x07", "\x9b31m", "a\x7fb", "\ufeffa"),
    *("\u202egpj.exe", "\u2066a", "\u200ba", "a\u200d", "\u2028", "\ue000", "\ud800", "\udfff"),
    *("é", "e\u0301", "ﬁ", "Å", "Å", "ｓｕｂ", "ı", "ſ", "日本", "😀", "\u0430dmin"),
    "a\u0300" * 50,
    *("a" * 201, "a" * 256, "a" * 5000, "a/" * 3000, "a:b", "a;b", "a&b", "a|b", "a`b`", "$(id)"),
    *("%00", "%0a", "%252e", "a%2fb", "%c0%ae%c0%ae"),
    *("a?b", "a#b", "a=b", "a,b", "a'b", 'a"b', "<b>"),
    *("{}", "[x]", "[/foo]", "[@click=app.quit]x[/]"),
    *("${x}", "{{7*7}}", "@x", "!x", "^", "a@b", "a!b"),
)  # fmt: skip
"""Not one of them may be a component of a path."""


def links(port: int) -> tuple[str, ...]:
    """Links that lead out of the API, most to a listener on this port."""
    host = f"127.0.0.1:{port}"
    tail = "/candidates/1/V/images/x.mnc"
    return (
        *(f"{scheme}://{host}{tail}" for scheme in ("http", "https", "ftp", "file", "HTTP", "")),
        *(f"{lead}{host}{tail}" for lead in ("//", "///", "@", "/@", "\\\\", "\\", "/\\", ":", "")),
        *(f"{lead}{host}{tail}" for lead in (".", "x@", "a:b@", "//a:b@", "?http://", "#", ";//")),
        *(f"http:{host}{tail}", f"http:/{host}{tail}", f"http:\\\\{host}{tail}", f"//{host}"),
        *(f"/candidates/..//{host}{tail}", f"/candidates/../../../..{tail}", f"/..{tail}"),
        *("/candidates/1/V/../../../login", "/candidates/%2e%2e/x", "/candidates/1/%2F%2F/x"),
        *("/candidates/1/V/images/x\r\nHost: evil",),
        *("/candidates/1/V/images/x\r\n\r\nGET / HTTP/1.1",),
        *("/candidates/1/V/images/x?a=b", "/candidates/1/V/images/x#y", "/candidates/1/V/images/"),
        *("/candidates//x", "/candidates/./x", "/candidates", "/login", "/projects", "/", "", "//"),
        *("/candidates/1/V/images/é.mnc",),
        *("/candidates/1/V/images/\u202ecnm", "/candidates/1/V/a b"),
        *("/candidates/1/V/images/\x1b]0;x\x07", "/candidates/1/V/images/..", "/Candidates/1/V/x"),
        *(f"/candidates/1/V/images/x@{host}", f"http://xn--e1awd7f.test:{port}{tail}"),
        *(f"http://127.1:{port}{tail}",),
        *(f"http://0x7f000001:{port}{tail}", f"http://[::1]:{port}/x"),
    )  # fmt: skip


class HostileRows(Effect):
    """Adds a row for each hostile value and place, made from a real row; real rows stay."""

    def __init__(self, names: tuple[str, ...], link_texts: tuple[str, ...], seed: int = 0) -> None:
        self.names, self.links = names, link_texts
        self._rng = random.Random(seed)
        self.added = 0

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Add the rows."""
        document = json.loads(whole(answer.body))
        for rows in document.values() if isinstance(document, dict) else ():
            if isinstance(rows, list) and rows and isinstance(rows[0], dict):
                rows += self._rows(rows)
                self._rng.shuffle(rows)
        return replace(answer, body=Text(json.dumps(document).encode()))

    def _rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        made = []
        for key in rows[0]:
            if not isinstance(rows[0][key], str):
                continue
            is_link = key.endswith("Link")
            for value in (*self.links, *self.names) if is_link else self.names:
                row = copy.deepcopy(self._rng.choice(rows))
                if key not in row:
                    continue
                row[key] = value
                made.append(row)
                if is_link and value and isinstance(row[key], str):
                    inside = copy.deepcopy(row)
                    real = str(self._rng.choice(rows).get(key) or "")
                    inside[key] = f"{real.rpartition('/')[0]}/{value}"
                    made.append(inside)
        self.added += len(made)
        return made


PAYLOADS = (
    *("\x1b]0;PWN\x07", "\x1b]52;c;UFdO\x07", "\x1b]8;;http://x/PWN\x1b\\", "\x1bP+q504e\x1b\\"),
    *("\x1b[31;7;5mPWN", "\x1b[6nPWN", "\x1b[2JPWN", "\x1b[?1049lPWN", "\x1bcPWN", "\x1b[21tPWN"),
    *(
        "\x9b31mPWN",
        "\x9d0;PWN\x9c",
        "\x07PWN",
        "\x08PWN",
        "\x7fPWN",
        "\0PWN",
        "\r\nPWN",
        "\x0ePWN",
    ),
    *("\u202ePWN\u202c", "\u2066PWN\u2069", "\u200bPWN", "\u2028PWN", "\ufeffPWN", "\ue000PWN"),
    *("[/PWN]", "[red]PWN[/red]", "[x]PWN", "[@click=app.quit]PWN[/]", "[link=file:///etc]PWN[/]"),
    *("P\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307WN", "$PWN", "{PWN}", "%sPWN"),
)
"""Texts that do something to a terminal, or to a toolkit that reads markup."""

_TEXTS = frozenset(
    {"PSCID", "Site", "ScanType", "LorisScanType", "QC_status", "Language", "Gender", "Sex"}
    | {"Visit_date", "InsertTime", "DoB", "Project", "error", "message"}
)


class Texts(Effect):
    """Puts a payload into every text of a JSON answer that is neither name nor link."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = random.Random(seed)

    def answer(self, call: Call, answer: Answer) -> Answer:
        """Change the texts, and the headers that a program might show."""
        try:
            document = json.loads(whole(answer.body))
        except ValueError:
            return answer
        body = Text(json.dumps(self._changed(document)).encode())
        return replace(answer, body=body)

    def _changed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._changed(one) for one in value]
        if isinstance(value, dict):
            return {
                key: f"{one}{self._rng.choice(PAYLOADS)}"
                if key in _TEXTS and isinstance(one, str)
                else self._changed(one)
                for key, one in value.items()
            }
        return value


def reaches_a_terminal(data: bytes, *, own_sequences: bool) -> list[str]:
    """What in a program's output does something to a terminal.

    With `own_sequences` the program draws screens itself: only the payloads' own are looked for.
    """
    text = data.decode("utf-8", "surrogateescape")
    found = [one for one in PAYLOADS if not one.isprintable() and one in text and one != "\r\nPWN"]
    hidden = (0x202A, 0x202E), (0x2066, 0x2069), (0x200B, 0x200F), (0x2028, 0x2029), (0x80, 0x9F)
    hidden += (0xFEFF, 0xFEFF), (0xE000, 0xF8FF)
    if not own_sequences:
        hidden += (0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x7F)
    found += [
        f"U+{ord(sign):04X}"
        for sign in sorted(set(text))
        if any(low <= ord(sign) <= high for low, high in hidden)
    ]
    return found
