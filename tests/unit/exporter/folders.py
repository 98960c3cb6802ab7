"""Folders that die: a process that folds a directory, and kills itself with SIGKILL at the step that a test names."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

_PROGRAM = """
import os, signal, sys
from rayscope.exporter.archive.archive import Archive
from rayscope.exporter.archive.fold import Folder
from rayscope.exporter.files.naming import original_name
from rayscope.exporter.files.layout import parse_name
from rayscope.exporter.files.liveness import Liveness

directory, left, grace, opener = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]

def step(word):
    global left, opener
    if word == opener:
        opener = ""
        come_to_write()
    if left == 0:
        print(word, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1

def come_to_write():
    for entry in files():
        try:
            os.close(os.open(os.path.join(directory, entry), os.O_RDWR | os.O_NONBLOCK))
        except BlockingIOError:
            pass

def files():
    return [entry for entry in os.listdir(directory) if parse_name(original_name(entry) or entry)]

liveness = Liveness(directory)
folder = Folder(directory, liveness, Archive(directory, step), grace=grace, step=step)
while files():
    folder.fold()
"""


def fold_until_step(directory: Path, number: int, *, grace: float = 0.0, opener: str = "") -> str:
    """Fold `directory` until nothing is left, or until step `number`; the step's word if it came to that, else nothing.

    At the first step `opener`, if it comes to that, a process comes to open all the files for writing, and goes away.
    """
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(directory), str(number), str(grace), opener],
        capture_output=True,
        text=True,
        check=False,
    )
    word = done.stdout.strip()
    assert done.returncode == (-signal.SIGKILL if word else 0), done.stderr
    return word
