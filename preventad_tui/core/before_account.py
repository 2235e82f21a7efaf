"""Before the account: a clone of the published dataset stands in for the server.

`--catalogue PATH` gives the list where there is nothing to log in with; where there is, the
server's list counts and the clone only gives the sizes that no LORIS tells.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from preventad_tui.core.connection import Connection
from preventad_tui.core.errors import NoCredentials, UsageError
from preventad_tui.core.model import Catalogue, DataType
from preventad_tui.core.server import parse_server


class BeforeAccount(Connection):
    """A connection that may also be none.

    `is_without_account` is true where the clone stands in for the server; `published_sizes` are
    the bytes of single files by the clone, empty without one.
    """

    is_without_account = False
    published_sizes: Mapping[str, int] = MappingProxyType({})

    def stay_without_account(self) -> None:
        """Take the clone for the server: nothing is asked of the network."""
        self.server = parse_server(self.settings.server)
        self.project = self.settings.project
        self.is_without_account = True

    def no_account(self) -> NoCredentials:
        """What is said where a download is started without an account."""
        server = self.server or parse_server(self.settings.server)
        return NoCredentials(
            "A download needs an account.",
            f"Ask for one at {server.origin.url}, then start again with --username NAME.",
            "no-account",
        )

    async def settle_project(self) -> str:
        """As `Connection.settle_project`; without an account the one that was named, or none."""
        return self.project if self.is_without_account else await super().settle_project()

    async def read_clone(self, data_type: DataType) -> Catalogue | None:
        """Take the clone's sizes; where it stands in for the server, give its catalogue.

        Raises:
            UsageError: `--catalogue` names no clone, or MINC is wanted of it.
        """
        if self.settings.catalogue is None:
            return None
        if self.is_without_account and data_type is not DataType.BIDS:
            raise UsageError(
                "The published dataset that --catalogue names is BIDS.",
                "Choose BIDS, or log in for MINC.",
            )
        from preventad_tui.core.published_catalogue import (
            published_catalogue,
            read_clone,
            sizes_of,
        )

        published = await asyncio.to_thread(read_clone, self.settings.catalogue)
        self.published_sizes = sizes_of(published)
        if not self.is_without_account:
            return None
        return await asyncio.to_thread(
            published_catalogue, published, server=self.identity, project=self.project
        )
