"""`python -m rayscope.exporter`: the same program that the zipapp and `rayscope exporter` run."""

from __future__ import annotations

import sys

from rayscope.exporter.main import main

sys.exit(main())
