"""The demo is true: the README's first command, and its exit status says whether every claim held."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT = 900.0
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""What a make that runs these tests would tell another one."""


def test_every_claim_of_it_holds() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    told = subprocess.run(
        ["make", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert told.returncode == 0, told.stdout + told.stderr
