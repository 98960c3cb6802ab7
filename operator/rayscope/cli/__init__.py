"""The command line: one file a command, each loaded when it is called.

The exporter starts beside every engine, and must not wait for the operator's libraries to load.
"""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = (
    "completion",
    "dashboards",
    "doctor",
    "exporter",
    "inject",
    "operator",
    "render",
    "rollout",
    "rules",
    "status",
    "strip",
    "uninstall",
    "version",
)


class Commands(click.Group):
    """Finds a command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"rayscope.cli.{cmd_name}").command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "RAYSCOPE"})
def main() -> None:
    """Complete Prometheus monitoring for vLLM on KubeRay, for one label.

    \b
    Label a RayService, and every cluster that KubeRay makes for it is monitored:
      kubectl label rayservice NAME rayscope.dev/monitor=vllm
      rayscope doctor NAME

    \b
    Try the operator from a checkout, against the current kubeconfig:
      rayscope operator --dev
    """


def plugin() -> None:
    """The same, as `kubectl rayscope`: kubectl looks for a program of the name kubectl-rayscope."""
    main(prog_name="kubectl rayscope")


def plugin_completion() -> None:
    """What kubectl asks for completions of the plugin: kubectl_complete-rayscope."""
    complete = import_module("rayscope.cli.completion").for_kubectl
    complete()
