"""OCI runtime shim: never ask runc for a capability that this machine may not give.

`docker run --privileged`, which kind uses for its nodes, asks for every capability that the kernel knows. Where the
machine itself is confined (a CI sandbox whose bounding set lacks, say, CAP_SYS_RESOURCE), runc then refuses to start
the container. This program takes such capabilities out of the specification and hands over to the real runc. It only
ever takes privileges away. It is copied to where the daemon runs it, so it imports the standard library only.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

# In the kernel's order: the number of a capability is its place in the bounding set.
CAPABILITIES = (
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
)


def main(arguments: list[str]) -> None:
    specification = find(arguments)
    if specification:
        document = json.loads(specification.read_text())
        bound(document, bounding_set(Path("/proc/self/status").read_text()))
        draft = specification.with_name(f"{specification.name}.bounded")
        draft.write_text(json.dumps(document))
        draft.replace(specification)
    os.execvp("runc", ["runc", *arguments])


def find(arguments: list[str]) -> Path | None:
    """The specification that this runc command reads, of a container or of a process in one."""
    if "create" in arguments or "run" in arguments:
        return Path(option(arguments, "--bundle", "-b") or ".", "config.json")
    process = option(arguments, "--process", "-p") if "exec" in arguments else None
    return Path(process) if process else None


def option(arguments: list[str], *names: str) -> str | None:
    for word, following in zip(arguments, [*arguments[1:], None], strict=True):
        if word in names:
            return following
        name, equals, value = word.partition("=")
        if equals and name in names:
            return value
    return None


def bounding_set(status: str) -> set[str]:
    """By name, from the text of /proc/PID/status."""
    match = re.search(r"^CapBnd:\s*(\w+)", status, re.MULTILINE)
    mask = int(match[1], 16) if match else 0
    return {f"CAP_{name}" for bit, name in enumerate(CAPABILITIES) if mask >> bit & 1}


def bound(document: dict[str, Any], allowed: set[str]) -> None:
    """Leave only what is ALLOWED in the specification of a container (where it is inside) or a process."""
    capabilities = document.get("process", document).get("capabilities") or {}
    for kind, names in capabilities.items():
        capabilities[kind] = [name for name in names or () if name in allowed]


if __name__ == "__main__":
    main(sys.argv[1:])
