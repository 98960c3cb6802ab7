"""`rayscope inject`, as people and pipelines call it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rayscope.model.names import EXPORTER_PORT
from rayscope.zipapp import build
from tests.unit.cli.files import MONITOR, call
from tests.unit.manifests.texts import PAYLOAD, SERVICE, injected, loaded

SKIPPED = SERVICE.replace("        spec:\n", "        spec:\n          hostNetwork: true\n")
IN_BRACKETS = SERVICE + "            env: [{name: A, value: b}]\n"
DIGEST = ("--exporter-digest", PAYLOAD.exporter)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "service.yaml"
    path.write_text(SERVICE)
    return path


def exporters(text: str) -> list[list[str]]:
    """The arguments of every exporter in a service."""
    spec = loaded(text)[0]["spec"]["rayClusterConfig"]
    pods = [group["template"]["spec"] for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"])]
    return [pod["containers"][-1]["args"] for pod in pods]


def test_a_file_goes_to_standard_output_and_stays_as_it_is(file: Path) -> None:
    called = call("inject", *DIGEST, file)
    assert (called.status, called.output, called.errors) == (0, injected(SERVICE).text, "")
    assert file.read_text() == SERVICE


def test_a_pipe_goes_through() -> None:
    assert call("inject", *DIGEST, "-", given=SERVICE).output == injected(SERVICE).text


def test_line_breaks_of_a_pipe_are_not_translated() -> None:
    text = SERVICE.replace("\n", "\r\n")
    assert call("inject", *DIGEST, "-", given=text).output == injected(text).text


def test_a_pipe_without_ray_goes_through_as_it_is() -> None:
    called = call("inject", "-", given="kind:   ConfigMap # x\n")
    assert (called.status, called.output, called.errors) == (0, "kind:   ConfigMap # x\n", "")


def test_the_exporter_is_this_versions() -> None:
    assert f"rayscope-exporter-{build().digest}" in call("inject", "-", given=SERVICE).output


def test_a_directory_is_searched_and_written_in_place(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    for name in ("x.yaml", "y.yml", "z.json", "notes.txt"):
        (below / name).write_text(json.dumps(loaded(SERVICE)[0]) if name == "z.json" else SERVICE)
    called = call("inject", *DIGEST, "-i", tmp_path)
    assert (called.status, called.output, called.errors) == (0, "", "")
    assert (below / "x.yaml").read_text() == (below / "y.yml").read_text() == injected(SERVICE).text
    assert "rayscope-exporter" in (below / "z.json").read_text()
    assert (below / "notes.txt").read_text() == SERVICE
    assert sorted(path.name for path in below.iterdir()) == ["notes.txt", "x.yaml", "y.yml", "z.json"]


def test_a_file_that_is_written_keeps_its_permissions_and_its_link(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    assert call("inject", *DIGEST, "-i", link).status == 0
    assert link.is_symlink()
    assert file.read_text() == injected(SERVICE).text
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_file_that_needs_nothing_is_not_written(file: Path) -> None:
    call("inject", "-i", file)
    before = file.stat()
    assert call("inject", "-i", file).status == 0
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_file_that_cannot_be_written_stays_whole_and_is_told(file: Path) -> None:
    script = f"ulimit -f 1; exec {sys.executable} -c 'from rayscope.cli import main; main()' inject -i {file}"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (2, f"{file}: It cannot be written: File too large.\n")
    assert file.read_text() == SERVICE
    assert list(file.parent.iterdir()) == [file]


def test_a_diff_writes_nothing(file: Path) -> None:
    called = call("inject", "--diff", file)
    assert called.status == 0
    assert called.output.startswith(f"--- a/{file}\n+++ b/{file}\n@@ ")
    assert file.read_text() == SERVICE


def test_a_check_fails_until_it_is_done(file: Path) -> None:
    called = call("inject", "--check", file)
    assert (called.status, called.output) == (1, f"{file} would change\n")
    assert file.read_text() == SERVICE
    call("inject", "-i", file)
    assert call("inject", "--check", file).status == 0


def test_a_report_has_a_line_for_every_manifest(file: Path) -> None:
    file.write_text(f"kind: ConfigMap\n---\n{SERVICE}")
    assert call("inject", "--check", "--report", file).output == f"{file}:3: RayService llm: injected\n"
    call("inject", "-i", file)
    assert call("inject", "--check", "--report", file).output == f"{file}:3: RayService llm: already\n"


def test_a_report_keeps_out_of_the_way_of_manifests(file: Path) -> None:
    called = call("inject", *DIGEST, "--report", file)
    assert called.output == injected(SERVICE).text
    assert called.errors == f"{file}:1: RayService llm: injected\n"


def test_a_report_can_be_read_by_machines(file: Path) -> None:
    file.write_text(SKIPPED.replace("hostNetwork: true", "hostNetwork: false", 1))
    called = call("inject", "--check", "-o", "json", file)
    (report,) = json.loads(called.output)
    groups = report.pop("groups")
    assert report == {
        "file": str(file),
        "line": 1,
        "kind": "RayService",
        "namespace": None,
        "name": "llm",
        "outcome": "injected",
        "message": "",
    }
    assert [(group["group"], group["outcome"], group["reason"]) for group in groups] == [
        ("headgroup", "injected", "Injected"),
        ("gpu", "skipped", "HostNetwork"),
    ]


def test_what_is_skipped_is_told_with_its_reason_though_nobody_asked(file: Path) -> None:
    file.write_text(SKIPPED)
    called = call("inject", file)
    assert (called.status, called.output) == (1, SKIPPED)
    assert f"{file}:1: RayService llm: skipped (No node group can be injected.)\n" in called.errors
    assert f"{file}:1: RayService llm: group gpu skipped (HostNetwork: " in called.errors


def test_what_cannot_be_edited_is_told_with_its_line_and_the_rest_is_done(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(IN_BRACKETS)
    called = call("inject", *DIGEST, "-i", tmp_path)
    assert called.status == 2
    assert f"{other}:22: RayService llm: unsupported (What is there is in brackets" in called.errors
    assert other.read_text() == IN_BRACKETS
    assert file.read_text() == injected(SERVICE).text


def test_what_cannot_be_read_is_told_and_the_rest_is_done(file: Path, tmp_path: Path) -> None:
    (tmp_path / "helm.yaml").write_text("{{ if .Values.ray }}\n" + SERVICE)
    (tmp_path / "latin.yaml").write_bytes(b"# caf\xe9 RayService\n")
    called = call("inject", *DIGEST, "-i", tmp_path, tmp_path / "absent.yaml")
    assert called.status == 2
    lines = called.errors.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["It is no YAML", "It is not UTF-8.", "It cannot be read"]
    assert file.read_text() == injected(SERVICE).text


def test_of_several_files_somebody_must_say_what_becomes_of_them(file: Path) -> None:
    called = call("inject", file, "-", given=SERVICE)
    assert called.status == 2
    assert "--in-place, --diff or --check" in called.errors


@pytest.mark.parametrize("arguments", [("-i", "-"), ("-i", "--check", "-"), ("-i", "--diff", "-"), ()])
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    assert call("inject", *arguments, given=SERVICE).status == 2


def test_options_say_what_is_injected() -> None:
    called = call("inject", "--port", 9999, "--families", "vllm:,http_", "--volume-size", "1Gi", "-", given=SERVICE)
    assert {tuple(arguments[-4:]) for arguments in exporters(called.output)} == {
        ("--port", "9999", "--families", "vllm:,http_")
    }
    assert "sizeLimit: 1Gi" in called.output


def test_no_prefix_is_all_families() -> None:
    called = call("inject", "--families", "", "-", given=SERVICE)
    assert exporters(called.output)[0][-2:] == ["--families", ""]


@pytest.mark.parametrize("option", [("--port", "0"), ("--families", "a b"), ("--exporter-digest", "latest")])
def test_an_impossible_payload_is_refused(option: tuple[str, str]) -> None:
    called = call("inject", *option, "-", given=SERVICE)
    assert called.status == 2
    assert "Not possible" in called.errors


def test_the_settings_of_a_monitor_are_taken(tmp_path: Path) -> None:
    monitor = tmp_path / "monitor.yaml"
    monitor.write_text(MONITOR)
    called = call("inject", "--monitor", monitor, "-", given=SERVICE)
    assert exporters(called.output)[0][-4:] == ["--port", "9999", "--families", "vllm:,http_"]
    assert "sizeLimit: 1Gi" in called.output


def test_a_monitor_is_for_the_service_of_its_name(tmp_path: Path) -> None:
    monitor = tmp_path / "monitor.yaml"
    monitor.write_text(MONITOR)
    both = SERVICE + "---\n" + SERVICE.replace("name: llm", "name: other")
    called = call("inject", "--monitor", monitor, "-", given=both)
    ports = [text.split("--port\n")[1].split("'")[1] for text in called.output.split("kind: RayService")[1:]]
    assert ports == ["9999", str(EXPORTER_PORT)]
    assert "named llm" in call("inject", "--monitor", monitor, "-", given=SERVICE.replace("llm", "other")).errors


def test_a_monitor_may_want_no_injection(tmp_path: Path) -> None:
    monitor = tmp_path / "monitor.yaml"
    monitor.write_text(MONITOR.split("spec:")[0] + "spec: {injection: {enabled: false}}\n")
    called = call("inject", "--monitor", monitor, "-", given=SERVICE)
    assert (called.status, called.output) == (1, SERVICE)
    assert "spec.injection.enabled: false" in called.errors


@pytest.mark.parametrize("text", ["kind: Pod\n", MONITOR.replace("port", "prot"), "{"])
def test_a_monitor_that_is_none_is_refused(text: str, tmp_path: Path) -> None:
    monitor = tmp_path / "monitor.yaml"
    monitor.write_text(text)
    called = call("inject", "--monitor", monitor, "-", given=SERVICE)
    assert called.status == 2
    assert "monitor.yaml" in called.errors


def test_settings_come_from_one_place(tmp_path: Path) -> None:
    monitor = tmp_path / "monitor.yaml"
    monitor.write_text(MONITOR)
    assert call("inject", "--monitor", monitor, "--port", "9998", "-", given=SERVICE).status == 2
