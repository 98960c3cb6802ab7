"""What is made for the chart from elsewhere: its README and schema from values.yaml, its CRDs from crds/."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.chart.chart import CHART, ROOT
from tests.plane import assets, catalogue

SCHEMA_OPTIONS = ("-draft=7", "-indent=2", "-noAdditionalProperties=true")


def generated() -> dict[Path, str]:
    """Each file that is made, with what belongs into it."""
    return {CHART / "README.md": _readme(), CHART / "values.schema.json": _schema(), **_crds()}


def _crds() -> dict[Path, str]:
    return {CHART / "files" / "crds" / file.name: file.read_text() for file in sorted((ROOT / "crds").glob("*.yaml"))}


def _readme() -> str:
    """helm-docs writes beside the chart, so it gets a copy."""
    with tempfile.TemporaryDirectory(prefix="rayscope-chart-") as name:
        folder = Path(name) / CHART.name
        folder.mkdir()
        for file in ("Chart.yaml", "values.yaml", "README.md.gotmpl"):
            shutil.copyfile(CHART / file, folder / file)
        options = (f"--chart-search-root={folder}", "--sort-values-order=file", "--log-level=warning")
        subprocess.run([assets.program(catalogue.HELM_DOCS), *options], check=True)
        return "".join(f"{line.rstrip()}\n" for line in (folder / "README.md").read_text().splitlines())


def _schema() -> str:
    with tempfile.TemporaryDirectory(prefix="rayscope-chart-") as name:
        target = Path(name) / "values.schema.json"
        places = (f"-input={CHART / 'values.yaml'}", f"-output={target}")
        command = [str(assets.program(catalogue.HELM_SCHEMA)), *places, *SCHEMA_OPTIONS]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return target.read_text()
