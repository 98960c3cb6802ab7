"""docs/cli.md, made from the commands themselves: `python -m rayscope.cli.document`. A test holds the two together."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from rayscope.cli import main

PREAMBLE = """\
# The command line

Made from the commands themselves by `make generate`; do not edit. `rayscope COMMAND --help` says the same.

Installed as `rayscope`, and as the kubectl plugin `kubectl rayscope`. Every option can be given as an environment
variable, too: `RAYSCOPE_<COMMAND>_<OPTION>`, e.g. `RAYSCOPE_OPERATOR_WEBHOOK_PORT`.
"""


def document() -> str:
    """The whole of docs/cli.md."""
    top = click.Context(main, info_name="rayscope")
    sections = [_section(path, command, top) for path, command in _commands(main, top)]
    return "\n".join([PREAMBLE, *sections])


def _commands(group: click.Group, context: click.Context, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command by what one writes to call it; a group is its commands."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        command.name = name  # each module calls its own `command`
        if isinstance(command, click.Group):
            yield from _commands(command, context, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def _section(path: str, command: click.Command, top: click.Context) -> str:
    context = click.Context(command, info_name=path, parent=top, **command.context_settings)
    usage = f"rayscope {path} {' '.join(command.collect_usage_pieces(context))}"
    parts = [f"## {path}\n", f"```\n{usage}\n```\n", *_prose(path, command), *_options(command, context)]
    return "\n".join(parts)


def _prose(path: str, command: click.Command) -> Iterator[str]:
    r"""Paragraphs of the help; those that click leaves as they are (after a \b) are code."""
    text = inspect.cleandoc(command.help or command.short_help or "")
    if not command.add_help_option:
        text = f"{command.short_help}\n\nIt has a help of its own: `rayscope {path} --help`."
    for paragraph in text.split("\n\n"):
        literal = paragraph.startswith("\b\n")
        yield f"```sh\n{inspect.cleandoc(paragraph[2:])}\n```\n" if literal else f"{paragraph}\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    records = [record for option in options if (record := option.get_help_record(context))]
    if not records:
        return
    yield "| option | |\n|---|---|"
    for names, told in records:
        yield f"| `{_cell(names)}` | {_cell(told)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    click.echo(document(), nl=False)
