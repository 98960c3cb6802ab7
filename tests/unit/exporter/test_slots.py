"""One blob, through kills, damage and a full file system."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from rayscope.exporter.archive.slots import RESERVE_BYTES, Blob, Slots
from tests.unit.exporter.writers import fill, mounted


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / ".archive"


def slot(base: Path, generation: int) -> Path:
    return base.with_name(f"{base.name}.{'ab'[generation % 2]}")


def test_there_is_nothing_at_first(base: Path) -> None:
    assert Slots(str(base)).load() == (None, [])


def test_reserved_room_is_not_a_blob(base: Path) -> None:
    slots = Slots(str(base))
    slots.reserve(0)
    assert slots.load() == (None, [])
    assert slot(base, 0).stat().st_size == RESERVE_BYTES


def test_what_was_stored_last_is_loaded(base: Path) -> None:
    for generation, payload in enumerate((b"first", b"second, and longer", b"3rd")):
        Slots(str(base)).store(Blob(generation, payload))
        assert Slots(str(base)).load() == (Blob(generation, payload), [])


def test_room_grows_with_what_is_in_it(base: Path) -> None:
    Slots(str(base)).reserve(RESERVE_BYTES)
    assert slot(base, 0).stat().st_size == slot(base, 1).stat().st_size == 2 * RESERVE_BYTES


@pytest.mark.parametrize("word", ["slot blank", "payload half written", "payload written"])
def test_an_unfinished_store_leaves_the_blob_before_it(base: Path, word: str) -> None:
    slots = Slots(str(base))
    for generation in (1, 2):
        slots.store(Blob(generation, b"whole" * generation))

    def stop(at: str) -> None:
        if at == word:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Slots(str(base), stop).store(Blob(3, b"never finished"))
    assert Slots(str(base)).load() == (Blob(2, b"wholewhole"), [])


def test_a_flipped_bit_costs_one_generation_and_is_told(base: Path) -> None:
    slots = Slots(str(base))
    for generation in (1, 2):
        slots.store(Blob(generation, b"payload"))
    damaged = slot(base, 2)
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    assert slots.load() == (Blob(1, b"payload"), [str(damaged)])


def test_a_flipped_bit_of_the_generation_is_noticed(base: Path) -> None:
    slots = Slots(str(base))
    slots.store(Blob(4, b"payload"))
    content = bytearray(slot(base, 4).read_bytes())
    content[16] ^= 1
    slot(base, 4).write_bytes(content)
    assert slots.load() == (None, [str(slot(base, 4))])


@pytest.mark.parametrize(
    "content", [b"ray", b"not at all what a slot looks like", struct.pack("<8sI", b"rayscope", 9) + bytes(50)]
)
def test_another_format_is_told(base: Path, content: bytes) -> None:
    slot(base, 0).write_bytes(content)
    assert Slots(str(base)).load() == (None, [str(slot(base, 0))])


def test_a_cut_slot_is_told(base: Path) -> None:
    slots = Slots(str(base))
    slots.store(Blob(1, b"payload"))
    os.truncate(slot(base, 1), 35)
    assert slots.load() == (None, [str(slot(base, 1))])


def test_a_reserved_slot_can_be_stored_to_when_there_is_no_space_left(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as directory:
        slots = Slots(str(directory / ".archive"))
        slots.reserve(10_000)
        fill(directory / "ballast")
        for generation in range(5):
            slots.store(Blob(generation, bytes([generation]) * 20_000))
            assert slots.load() == (Blob(generation, bytes([generation]) * 20_000), [])


def test_where_there_is_no_space_the_blob_stays_as_it_was(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as directory:
        slots = Slots(str(directory / ".archive"))
        slots.store(Blob(1, b"before"))
        fill(directory / "ballast")
        with pytest.raises(OSError, match="No space left"):
            slots.store(Blob(2, bytes(500_000)))
        assert slots.load() == (Blob(1, b"before"), [])


def test_the_reserve_is_small_where_the_file_system_is(tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as directory:
        Slots(str(directory / ".archive")).reserve(0)
        assert sum(file.stat().st_size for file in directory.iterdir()) == 2 * 2 * 1024 * 1024 // 64
