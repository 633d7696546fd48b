"""Text of others, shown as text: nothing in it moves a cursor, turns a line round, or begins another one."""


def visible(text: str) -> str:
    r"""Return *text* with what a terminal or a browser would act upon spelled out; its line ends stay.

    An escape reads `\x1b`, a right-to-left override `\u202e`.
    """
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """Return *text* on one line, spelled out likewise."""
    return visible(" ".join(text.split()))
