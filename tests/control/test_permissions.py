"""What was asked of the API server in the whole suite is what the role grants, no less and no more. It runs last."""

from tests.control.rayscope import Rayscope, granted
from tests.plane import Plane

Right = tuple[str, str, str]


def used(plane: Plane, rayscope: Rayscope) -> set[Right]:
    """(group, resource, verb) of every request that Rayscope made. An apply that creates needs `create` as well."""
    rights: set[Right] = set()
    for request in plane.audit.since(0):
        if request.user == rayscope.user and request.resource:
            resource = f"{request.resource}/{request.subresource}" if request.subresource else request.resource
            rights.add((request.group, resource, request.verb))
            if request.verb == "patch" and request.status == 201:
                rights.add((request.group, resource, "create"))
    return rights


def refused(plane: Plane, rayscope: Rayscope) -> list[str]:
    """For want of a right, in the authorizer's words. A policy refuses too, and so does a namespace that is deleted."""
    requests = (r for r in plane.audit.since(0) if r.user == rayscope.user and r.status == 403)
    return [r.uri for r in requests if f'User "{rayscope.user}" cannot ' in r.message]


def test_nothing_was_ever_refused(plane: Plane, rayscope: Rayscope) -> None:
    assert refused(plane, rayscope) == []


def test_what_was_asked_is_what_is_granted(plane: Plane, rayscope: Rayscope) -> None:
    assert used(plane, rayscope) == granted()


def test_rays_objects_are_read_and_never_written(plane: Plane, rayscope: Rayscope) -> None:
    verbs = {verb for group, _, verb in used(plane, rayscope) if group == "ray.io"}
    assert verbs == {"get", "list", "watch"}
