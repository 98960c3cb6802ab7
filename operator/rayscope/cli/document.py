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
    sections = [_section(command, top) for command in _commands(top)]
    return "\n".join([PREAMBLE, *sections])


def _commands(top: click.Context) -> Iterator[click.Command]:
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        if command is not None and not command.hidden:
            command.name = name  # each module calls its own `command`
            yield command


def _section(command: click.Command, top: click.Context) -> str:
    context = click.Context(command, info_name=command.name, parent=top, **command.context_settings)
    usage = f"rayscope {command.name} {' '.join(command.collect_usage_pieces(context))}"
    parts = [f"## {command.name}\n", f"```\n{usage}\n```\n", *_prose(command), *_options(command, context)]
    return "\n".join(parts)


def _prose(command: click.Command) -> Iterator[str]:
    r"""Paragraphs of the help; those that click leaves as they are (after a \b) are code."""
    text = inspect.cleandoc(command.help or command.short_help or "")
    if not command.add_help_option:
        text = f"{command.short_help}\n\nIt has a help of its own: `rayscope {command.name} --help`."
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
