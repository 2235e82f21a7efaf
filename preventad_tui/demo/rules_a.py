"""Apache's rewrite rules of LORIS 20.1 with the PREVENT-AD override: which script gets a path.

Some rules end in any number of slashes and some do not; a path that no rule matches is 404 as
Apache says it, in HTML.
"""

from __future__ import annotations

import re

PREFIX = "/api/v0.0.3-dev/"
_FILE = r"([A-Za-z0-9_.-]+)"
_VISIT = r"(\d+)/([a-zA-Z0-9_.]+)"
_RULES = tuple(
    (name, re.compile(rule, re.ASCII))
    for name, rule in (
        ("login", r"login.*"),
        ("candidates", r"candidates/*"),
        ("image_bids_file", rf"candidates/{_VISIT}/images/{_FILE}/bids/{_FILE}"),
        ("image_bids", rf"candidates/{_VISIT}/images/{_FILE}/bids"),
        ("qc", rf"candidates/{_VISIT}/images/{_FILE}/qc"),
        ("image", rf"candidates/{_VISIT}/images/{_FILE}"),
        ("images", rf"candidates/{_VISIT}/images"),
        ("scans_file", rf"candidates/{_VISIT}/bidsfiles/{_FILE}"),
        ("scans", rf"candidates/{_VISIT}/bidsfiles"),
        ("instrument", rf"candidates/{_VISIT}/instruments/([A-Za-z0-9_]+)/*"),
        ("visit", rf"candidates/{_VISIT}/*"),
        ("candidate", r"candidates/(\d+)/*"),
        ("projects", r"projects/*"),
        ("bids_file", rf"projects/([a-zA-Z0-9_.]+)/bids/{_FILE}"),
        ("release", rf"projects/([a-zA-Z0-9_.]+)/data_releases/{_FILE}"),
        (
            "project_part",
            r"projects/([a-zA-Z0-9_.]+)/(images|bids|visits|candidates|instruments|data_releases)/*",
        ),
        ("project", r"projects/([a-zA-Z0-9_.]+)/*"),
    )
)


def route(path: str) -> tuple[str, tuple[str, ...]] | None:
    """Give the endpoint of a path and the words in it."""
    if path.startswith(PREFIX):
        for name, rule in _RULES:
            if match := rule.fullmatch(path[len(PREFIX) :]):
                return name, match.groups()
    return None
