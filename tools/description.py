"""README as pages show it that are not beside the source, such as a package index: setup.py makes it the long description.

The source has no public address, so a link into it would be dead there. It becomes the name of the file it leads to; a picture
becomes what it shows.
"""

import re

_RELATIVE = re.compile(r"!?\[([^\]]*)\]\((?!https?:|#)([^)]*)\)")


def long_description(readme: str) -> str:
    """The text of README without relative links."""

    def named(link: re.Match[str]) -> str:
        text, target = link.groups()
        return f"`{target}`" if text.rstrip("/") in target else f"{text} (`{target}`)"

    return _RELATIVE.sub(named, readme)
