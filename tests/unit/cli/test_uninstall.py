"""`rayscope uninstall` as it is called; what it does is tried on a real control plane."""

from tests.unit.cli.files import call


def test_the_help_tells_what_stays() -> None:
    told = call("uninstall", "--help")
    assert told.status == 0
    assert "An exporter that a RayCluster or a pod mounts stays" in " ".join(told.output.split())


def test_a_kubeconfig_that_is_none_ends_in_one_line(tmp_path: object) -> None:
    told = call("uninstall", "--kubeconfig", f"{tmp_path}/nothing")
    assert told.status == 2
    assert told.errors.startswith("Error: no way to the cluster")
