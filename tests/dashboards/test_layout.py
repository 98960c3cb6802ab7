"""The pictures in the documentation are of the dashboards that are shipped."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.dashboards.layout import path, picture
from tests.unit.dashboards.boards import BOARDS, panels


@pytest.mark.parametrize("board", BOARDS)
def test_a_picture_is_up_to_date(board: str) -> None:
    assert path(board).read_text(encoding="utf-8") == picture(board), "run `make generate`"


@pytest.mark.parametrize("board", BOARDS)
def test_a_picture_has_every_title_whole(board: str) -> None:
    texts = " ".join(element.text or "" for element in ET.fromstring(picture(board)).iter() if element.text)
    assert [panel["title"] for panel in panels(board) if panel["title"] not in texts] == []


@pytest.mark.parametrize("board", BOARDS)
def test_every_title_has_room_above_the_kind_of_its_panel(board: str) -> None:
    """Two lines at most on a panel that is four lines of the grid high."""
    drawing = ET.fromstring(picture(board))
    texts = [element for element in drawing.iter("{http://www.w3.org/2000/svg}text") if not element.get("class")]
    kinds = [element for element in drawing.iter() if element.get("class") == "kind"]
    places = {(kind.get("x"), int(kind.get("y") or 0)) for kind in kinds}
    for text in texts:
        below = [y - int(text.get("y") or 0) for x, y in places if x == text.get("x") and y > int(text.get("y") or 0)]
        assert min(below) >= 12, text.text
