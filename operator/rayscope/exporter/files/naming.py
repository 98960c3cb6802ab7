"""Takes a file's name away, so that no process can open it any more, and gives it back to one that is just doing so.

A name taken away is out of sight of `*.db`, is never used twice, and still says whose file it is. The file counts under
it, as under its own, until the archive has folded it: a kill at any moment leaves the sums as they were.
"""

from __future__ import annotations

import contextlib
import os
import re

from rayscope.exporter.files.lease import Lease
from rayscope.exporter.files.step import Step, no_step

_AWAY = re.compile(r"\.(.+\.db)\.rayscope-folding-[0-9a-f]{16}", re.DOTALL)


def name_away(name: str) -> str:
    """A new name for the file `name`."""
    return f".{name}.rayscope-folding-{os.urandom(8).hex()}"


def original_name(entry: str) -> str | None:
    """The name under which its writer made the file that is now `entry`; None for an entry that was not taken away."""
    match = _AWAY.fullmatch(entry)
    return match.group(1) if match else None


def take_away(directory: str, name: str, lease: Lease, step: Step = no_step) -> str | None:
    """Rename the file `name`, on which `lease` is held, and return its new name.

    None if a process has come to open it meanwhile: the name is then given back.

    A process that found the file before the rename, and asks for it after the lease has been dropped, gets it under its
    new name: hence the grace period before anything is read for good.
    """
    away = name_away(name)
    os.rename(os.path.join(directory, name), os.path.join(directory, away))
    step("renamed")
    if lease.unbroken:
        return away
    give_back(directory, away, step)
    return None


def give_back(directory: str, away: str, step: Step = no_step) -> None:
    """Restore the name. If another file has it by now, this one goes on counting under the new one."""
    original = os.path.join(directory, original_name(away) or away)
    with contextlib.suppress(FileExistsError):
        os.link(os.path.join(directory, away), original)
        step("linked")
        os.unlink(os.path.join(directory, away))
        step("given back")


def drop_second_names(directory: str) -> None:
    """Undo what a kill inside give_back() leaves: one file with both names, which would count twice."""
    entries = set(os.listdir(directory))
    for entry in entries:
        name = original_name(entry)
        if name in entries:
            # One that goes meanwhile (mark_process_dead) must not keep the others from being looked at.
            with contextlib.suppress(FileNotFoundError):
                _drop_if_second(os.path.join(directory, entry), os.path.join(directory, name))


def _drop_if_second(away: str, original: str) -> None:
    if os.path.samefile(away, original):
        os.unlink(away)
