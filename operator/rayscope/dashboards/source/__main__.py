"""Write every dashboard, and nothing else, into the directories that are named."""

from __future__ import annotations

import sys
from pathlib import Path

from rayscope.dashboards.source.boards import BOARDS
from rayscope.dashboards.source.frame import as_json


def main(directories: list[str]) -> None:
    """Files of dashboards that are no more go."""
    texts = {f"{name}.json": as_json(board()) for name, board in BOARDS.items()}
    for directory in map(Path, directories):
        directory.mkdir(parents=True, exist_ok=True)
        for former in directory.glob("*.json"):
            if former.name not in texts:
                former.unlink()
        for name, text in texts.items():
            directory.joinpath(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
