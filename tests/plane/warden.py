"""Outlives the run that started it for a moment: when that run is gone, nothing of its plane stays.

It leads the process group that the plane's processes are born into, and reads a pipe whose other end only that run
holds. The end of the pipe means that the run is dead, by kill -9 too; a word on it means that all is stopped already.
Started as a script of its own, so that it imports the standard library only.
"""

import os
import shutil
import signal
import sys
import time

PATIENCE_SECONDS = 5.0


def main(directory: str | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read():
        return
    group = os.getpgrp()
    if os.fork() == 0:
        os.setpgid(0, 0)  # out of the group, to live long enough to clean up behind it
        os.killpg(group, signal.SIGKILL)
        wait_until_gone(group)
        if directory:
            shutil.rmtree(directory, ignore_errors=True)
        return
    signal.pause()


def wait_until_gone(group: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
