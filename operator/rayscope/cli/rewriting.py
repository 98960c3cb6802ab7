"""What `inject` and `strip` have in common: which files, where the result goes, what is told, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from typing import Any, TypeVar

import click

from rayscope.cli.files import Input, Trouble, read, show, write
from rayscope.manifests import Changing, Report, Rewritten, Unreadable, rewritten
from rayscope.manifests.diff import unified

Command = TypeVar("Command", bound=Callable[..., Any])

FINE, SKIPPED, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Output:
    """What is wanted besides, or instead of, the changed manifests on standard output."""

    in_place: bool
    diff: bool
    check: bool
    report: bool
    output: str | None

    @property
    def shows_manifests(self) -> bool:
        return not (self.in_place or self.diff or self.check)

    @property
    def shows_report(self) -> bool:
        return self.report or self.output is not None


@dataclass(frozen=True)
class Done:
    """An input, and what it has become."""

    given: Input
    result: Rewritten

    @property
    def changed(self) -> bool:
        return self.result.text != self.given.text


def options(command: Command) -> Command:
    """The arguments and options of both commands."""
    return reduce(
        lambda decorated, option: option(decorated),
        [
            click.option("-o", "--output", type=click.Choice(["text", "json"]), help="Form of the report; implies it."),
            click.option(
                "--report",
                is_flag=True,
                help="Tell what became of every manifest: on standard output, or on standard error where that has "
                "the manifests or the diff.",
            ),
            click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something would change."),
            click.option("--diff", is_flag=True, help="Write nothing; show what would change as a unified diff."),
            click.option("-i", "--in-place", is_flag=True, help="Write the files, each as a whole or not at all."),
            click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|-..."),
        ],
        command,
    )


def run(files: Sequence[str], changing: Changing, wanted: Output, complete: Callable[[], None] = lambda: None) -> int:
    """Change what is in `files` and tell about it; `complete` may object before anything is written."""
    if wanted.in_place and (wanted.diff or wanted.check):
        raise click.UsageError("--in-place writes; --diff and --check write nothing: say one of them.")
    inputs = list(read(files))
    results = [_result(given, changing) for given in inputs]
    done = [result for result in results if isinstance(result, Done)]
    if wanted.shows_manifests and len(inputs) > 1:
        raise click.UsageError("Of several files, say what to do with them: --in-place, --diff or --check.")
    if wanted.in_place and any(one.given.path is None for one in done):
        raise click.UsageError("Standard input cannot be written in place.")
    complete()
    troubles = [result for result in results if isinstance(result, Trouble)]
    troubles += filter(None, [_put(one, wanted) for one in done])
    _tell(done, troubles, wanted)
    return _exit_code(done, troubles, wanted)


def _result(given: Input | Trouble, changing: Changing) -> Done | Trouble:
    if isinstance(given, Trouble):
        return given
    try:
        return Done(given, rewritten(given.text, changing))
    except Unreadable as trouble:
        return Trouble(given.name, f"It is no YAML: {trouble}")


def _put(one: Done, wanted: Output) -> Trouble | None:
    if wanted.shows_manifests:
        show(one.result.text)
    if wanted.diff:
        show("".join(unified(one.given.text, one.result, one.given.name)))
    if wanted.check and one.changed and not wanted.shows_report:
        click.echo(f"{one.given.name} would change", err=wanted.diff)
    if wanted.in_place and one.changed and one.given.path:
        return write(one.given.path, one.result.text)
    return None


def _tell(done: Sequence[Done], troubles: Iterable[Trouble], wanted: Output) -> None:
    """The report that was asked for; else what nobody should miss."""
    for trouble in troubles:
        click.echo(f"{trouble.name}: {trouble.message}", err=True)
    pairs = [(one.given.name, report) for one in done for report in one.result.reports]
    if not wanted.shows_report:
        pairs = [(name, report) for name, report in pairs if _skipped(report) or report.change.message]
    aside = not wanted.shows_report or wanted.shows_manifests or wanted.diff
    if wanted.output == "json":
        click.echo(json.dumps([_data(name, report) for name, report in pairs], indent=2), err=aside)
        return
    for name, report in pairs:
        for line in _lines(name, report):
            click.echo(line, err=aside)


def _lines(name: str, report: Report) -> Iterator[str]:
    change = report.change
    where = f"{name}:{report.line}: {report.kind} {_named(report)}:"
    yield " ".join([where, change.outcome, *([f"({change.message})"] if change.message else [])])
    for group in change.groups:
        if group.outcome == "skipped":
            yield f"{where} group {group.group} skipped ({group.reason}: {group.message})"


def _data(name: str, report: Report) -> dict[str, Any]:
    return {
        "file": name,
        "line": report.line,
        "kind": report.kind,
        "namespace": report.namespace,
        "name": report.name,
        "outcome": report.change.outcome,
        "message": report.change.message,
        "groups": [asdict(group) for group in report.change.groups],
    }


def _named(report: Report) -> str:
    return f"{report.namespace}/{report.name}" if report.namespace else report.name


def _skipped(report: Report) -> bool:
    groups = any(group.outcome == "skipped" for group in report.change.groups)
    return groups or report.change.outcome in {"skipped", "unsupported"}


def _exit_code(done: Iterable[Done], troubles: Sequence[Trouble], wanted: Output) -> int:
    reports = [report for one in done for report in one.result.reports]
    if troubles or any(report.change.outcome == "unsupported" for report in reports):
        return UNUSABLE
    if any(map(_skipped, reports)) or (wanted.check and any(one.changed for one in done)):
        return SKIPPED
    return FINE
