"""The one type that holds a password or a token."""

from typing import NoReturn


class Secret:
    """A string that nothing prints.

    `repr`, `str` and format give `***`; copying and pickling are refused, so that a secret cannot
    reach a log, a traceback, a cache or another process by accident. `reveal()` is called where
    the value leaves for the server and where it leaves for the keyring or a token file, nowhere
    else.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the value itself."""
        return self._value

    def wipe(self) -> None:
        """Forget the value; the object is falsy from then on."""
        self._value = ""

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self
