"""The exporter as one file: the same bytes every time, small, and run by every Python that Ray's images have."""

from __future__ import annotations

import ast
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from rayscope import __version__, zipapp
from rayscope.packed import MEMBER, SEPARATOR

LARGEST = 32 << 10
"""Bytes: etcd keeps a copy for every namespace with a service, and version."""
PYTHONS = [f"3.{minor}" for minor in range(9, 15)]


SOURCES = sorted(Path(zipapp.__file__).with_name("exporter").rglob("*.py"))


def members(data: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def interpreters(version: str) -> Iterator[str]:
    """Where a Python may be found: this one, on the PATH, or one of pyenv's."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    yield from map(str, sorted(pyenv.glob(f"{version}.*/bin/python3")))
    if found := shutil.which(f"python{version}"):
        yield found


@pytest.fixture(scope="module")
def exporter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("zipapp") / "exporter.pyz"
    path.write_bytes(zipapp.build().data)
    return path


def test_the_same_sources_give_the_same_bytes() -> None:
    assert zipapp.build() == zipapp.build()


def test_the_digest_names_the_bytes() -> None:
    one, other = zipapp.Zipapp(b"one"), zipapp.Zipapp(b"other")
    assert one.digest != other.digest
    assert len(one.digest) == 10
    assert int(one.digest, 16) >= 0


def test_it_is_small() -> None:
    assert len(zipapp.build().data) <= LARGEST


def test_it_holds_the_exporters_sources_and_nothing_else() -> None:
    found = members(zipapp.build().data)
    package = Path(zipapp.__file__).parent
    packed = {f"rayscope/{source.relative_to(package)}" for source in SOURCES}
    assert set(found) == {"__main__.py", MEMBER}
    assert found[MEMBER].split(SEPARATOR)[::2] == sorted(packed | {"rayscope/__init__.py"})


def test_it_is_packed_without_being_imported() -> None:
    program = "import sys, rayscope.zipapp as z; z.build(); sys.exit('rayscope.exporter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class Unsaid(ast.NodeTransformer):
    """Takes the words out of strings that are statements."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        said = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return ast.copy_location(ast.Expr(ast.copy_location(ast.Constant(""), node)), node) if said else node


@pytest.mark.parametrize("source", SOURCES, ids=[source.stem for source in SOURCES])
def test_the_packed_program_is_the_same_but_for_its_prose(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    packed, original = ast.parse(zipapp.bare(text)), Unsaid().visit(ast.parse(text))
    assert ast.dump(packed) == ast.dump(original)
    assert statements(packed) == statements(original)


def statements(tree: ast.AST) -> list[tuple[str, int]]:
    """Every statement, and the line where a traceback says it is."""
    return [(type(node).__name__, node.lineno) for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def test_prose_is_told_from_strings_that_the_program_uses() -> None:
    program = '''
"""Module."""  # first

def two(text="# no comment"):
    """Two
    lines."""
    call("""kept
    too""")  # dropped
    return f"# {text}"
'''
    assert [line.rstrip() for line in zipapp.bare(program).splitlines()] == [
        "",
        '""',
        "",
        'def two(text="# no comment"):',
        '    ""',
        "",
        '    call("""kept',
        '    too""")',
        '    return f"# {text}"',
    ]


@pytest.mark.parametrize("version", PYTHONS)
def test_every_python_that_is_here_runs_it(version: str, exporter: Path) -> None:
    python = next(interpreters(version), None)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    run = subprocess.run([python, "-I", "-B", exporter, "--help"], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "--dir" in run.stdout


def test_it_takes_nothing_from_what_is_installed_beside_it(exporter: Path, tmp_path: Path) -> None:
    package = tmp_path / "rayscope"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('another rayscope')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, exporter, "--version"], check=False, capture_output=True, text=True, env=environment
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert __version__ in run.stdout
