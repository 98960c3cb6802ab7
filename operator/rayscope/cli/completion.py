"""`rayscope completion`: what a shell needs to complete our commands, and kubectl to complete the plugin's."""

from __future__ import annotations

import sys

import click
from click.shell_completion import ShellComplete, get_completion_class

from rayscope.cli import main

SHELLS = ("bash", "zsh", "fish")
NO_FILES = ":4"
"""Cobra's directive after the candidates: do not fall back to file names."""


@click.command(context_settings={"max_content_width": 100})
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print a script that makes SHELL complete the commands and options of rayscope.

    \b
      source <(rayscope completion bash)                                  # or in ~/.bashrc
      source <(rayscope completion zsh)                                   # or in ~/.zshrc
      rayscope completion fish > ~/.config/fish/completions/rayscope.fish

    kubectl completes `kubectl rayscope` by itself where kubectl_complete-rayscope is on the PATH, as it is where
    kubectl-rayscope is.
    """
    known = get_completion_class(shell)
    if known is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(known(main, {}, "rayscope", "_RAYSCOPE_COMPLETE").source())


def for_kubectl() -> None:
    """`kubectl_complete-rayscope WORD...`: candidates for the last word, as kubectl asks its plugins for them."""
    *words, incomplete = sys.argv[1:] or [""]
    asked = ShellComplete(main, {}, "kubectl rayscope", "_RAYSCOPE_COMPLETE")
    for candidate in asked.get_completions(words, incomplete):
        click.echo(f"{candidate.value}\t{candidate.help}" if candidate.help else candidate.value)
    click.echo(NO_FILES)
