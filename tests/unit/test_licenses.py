"""The licences of what the image holds: listed as they are, and such that anybody may use it and pass it on."""

import re
from pathlib import Path

from tests.licenses import document, packages

LISTED = Path(__file__).parents[2] / "docs" / "licenses.md"
# MPL-2.0 asks for the changed files of certifi and of orjson themselves, which nobody changes here.
WELCOME = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"}


def test_the_list_is_fresh() -> None:
    assert LISTED.read_text(encoding="utf-8") == document(), "run `make generate`"


def test_every_licence_is_one_that_we_know() -> None:
    unknown = {each.name: each.licence for each in packages() if not _names(each.licence) <= WELCOME}
    assert unknown == {}


def _names(expression: str) -> set[str]:
    """Those of an SPDX expression."""
    return {*re.findall(r"[\w.-]+", expression)} - {"AND", "OR"}
