"""The shim finds the specification that runc reads, and only ever takes capabilities away."""

from pathlib import Path

import pytest

from tests.kind.runc_bounded import CAPABILITIES, bound, bounding_set, find

ALL = {f"CAP_{name}" for name in CAPABILITIES}


@pytest.mark.parametrize(
    ("arguments", "specification"),
    [
        (["--log", "l", "create", "--bundle", "/run/b", "id"], Path("/run/b/config.json")),
        (["run", "--bundle=/run/b", "id"], Path("/run/b/config.json")),
        (["create", "id"], Path("config.json")),
        (["--log", "l", "exec", "--process", "/tmp/p", "id"], Path("/tmp/p")),
        (["exec", "id", "sh"], None),
        (["state", "id"], None),
    ],
)
def test_it_finds_what_runc_reads(arguments: list[str], specification: Path | None) -> None:
    assert find(arguments) == specification


def test_the_kernels_mask_is_read_by_name() -> None:
    assert bounding_set("Name:\tx\nCapBnd:\t000001ffffffffff\n") == ALL
    assert bounding_set("CapBnd:\t000001fffeffffff\n") == ALL - {"CAP_SYS_RESOURCE"}


def test_what_the_machine_lacks_is_taken_from_a_container() -> None:
    document = {"process": {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"], "ambient": None}}}
    bound(document, {"CAP_CHOWN", "CAP_KILL"})
    assert document["process"]["capabilities"] == {"bounding": ["CAP_CHOWN"], "ambient": []}


def test_and_from_a_process_in_one() -> None:
    process = {"capabilities": {"effective": ["CAP_SYS_RESOURCE"]}}
    bound(process, set())
    assert process == {"capabilities": {"effective": []}}


def test_what_names_no_capabilities_stays_as_it_is() -> None:
    document: dict[str, dict[str, list[str]]] = {"process": {"args": ["sh"]}}
    bound(document, set())
    assert document == {"process": {"args": ["sh"]}}
