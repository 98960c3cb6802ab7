"""The image of a cluster's nodes: kind's own where it can be had, else one made of Debian packages and Go modules."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.kind import debian, docker, registry
from tests.kind.archive import Image
from tests.kind.command import run
from tests.kind.configuration import PREFIX
from tests.kind.recipe import digest
from tests.plane import assets, catalogue
from tests.plane.cache import root
from tests.plane.catalogue import NODE_PARTS, Program
from tests.plane.progress import Step
from tests.plane.versions import VERSIONS

FOLDER = Path(__file__).parent / "node"
PACKAGES = (
    *("containerd", "runc", "containernetworking-plugins", "iptables", "nftables", "conntrack", "iproute2", "mount"),
    *("util-linux", "procps", "kmod", "ethtool", "dnsmasq-base", "tini", "ca-certificates"),
)
ENTRYPOINT = "/usr/local/bin/entrypoint.sh"
CONTROL_PLANE = (catalogue.APISERVER, catalogue.CONTROLLER_MANAGER, catalogue.SCHEDULER, catalogue.ETCD)
ON_THE_NODE = (catalogue.KUBELET, catalogue.KUBEADM, catalogue.KUBECTL)


@dataclass(frozen=True)
class NodeImage:
    """Without a tag it is the one that kind itself names. Only for an image of ours, `local` is true."""

    tag: str | None
    local: bool


def node_image() -> NodeImage:
    """$NODE_IMAGE if it is set, an ordinary one of kind; else kind's default if it can be pulled; else ours."""
    given = os.environ.get("NODE_IMAGE")
    if given:
        return NodeImage(given, local=False)
    if registry.reachable():
        return NodeImage(None, local=False)
    return NodeImage(docker.ensure(_tag(), _make), local=True)


def _tag() -> str:
    versions = [f"{part.name} {part.version}" for part in NODE_PARTS]
    recipe = digest(FOLDER, Path(__file__), debian.SUITE, *PACKAGES, *versions)
    return f"{PREFIX}/node:{VERSIONS.kubernetes}-{recipe}"


def _make(current: Step) -> None:
    base = debian.root_archive("node", PACKAGES)
    for part in NODE_PARTS:
        assets.of_the_cache(part)
    current.now("putting it together")
    with tempfile.TemporaryDirectory(prefix=".node-", dir=root()) as name:
        folder = Path(name)
        run("tar", "-C", folder, "-xf", base)
        _fill(folder)
        search = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=docker"
        docker.import_folder(folder, current.what, search, f'ENTRYPOINT ["/usr/bin/tini", "--", "{ENTRYPOINT}"]')


def _fill(folder: Path) -> None:
    """What makes a node of the root file system in FOLDER."""
    for part in ON_THE_NODE:
        _copy(assets.of_the_cache(part), folder / "usr/local/bin" / part.name, 0o755)
    _copy(FOLDER / "entrypoint.sh", folder / ENTRYPOINT.lstrip("/"), 0o755)
    _copy(FOLDER / "pods.conflist", folder / "kind/pods.conflist", 0o644)
    _copy(FOLDER / "default-storage.yaml", folder / "kind/manifests/default-storage.yaml", 0o644)
    containerd = (FOLDER / "containerd.toml").read_text().replace("@PAUSE@", _image_tag(catalogue.PAUSE, "1"))
    _write(folder / "etc/containerd/config.toml", containerd)
    _write(folder / "kind/version", VERSIONS.kubernetes)
    (folder / "kind/images").mkdir()
    for number, image in enumerate(_images(folder)):
        image.write(folder / "kind/images" / f"{number}.tar")


def _images(folder: Path) -> Iterator[Image]:
    """Of the control plane, by the names that kubeadm is told (see configuration.py)."""
    for part in CONTROL_PLANE:
        yield Image(_image_tag(part), {f"/usr/local/bin/{part.name}": assets.of_the_cache(part)})
    for part, version in ((catalogue.COREDNS, VERSIONS.coredns), (catalogue.PAUSE, "1")):
        place = f"/{part.name}"
        yield Image(_image_tag(part, version), {place: assets.of_the_cache(part)}, entrypoint=(place,))
    proxy = {f"/usr/local/bin/{catalogue.PROXY.name}": assets.of_the_cache(catalogue.PROXY)}
    yield Image(_image_tag(catalogue.PROXY), {**proxy, **_with_libraries(folder, "/usr/sbin/nft")})


def _image_tag(part: Program, version: str = "") -> str:
    return f"{PREFIX}/{part.name}:{version or part.version}"


def _with_libraries(folder: Path, program: str) -> dict[str, Path]:
    """PROGRAM of the root file system in FOLDER, with the shared libraries that it loads: kube-proxy runs nft."""
    libraries = re.findall(r"/\S+", run("chroot", folder, "ldd", program))
    return {place: folder / place.lstrip("/") for place in (program, *libraries)}


def _copy(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _write(target: Path, text: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{text.rstrip()}\n")
