"""Manifests as people keep them in git: the injection as an edit of the text, and the way back.

Pure: a text in, a text out. What a user wrote is never written anew: comments, order, quotes, line breaks stay.
"""

from rayscope.manifests.changes import Change, Changing, injecting, stripping
from rayscope.manifests.objects import RayObject, ray_objects
from rayscope.manifests.rewriting import Report, Rewritten, Unreadable, rewritten

__all__ = [
    "Change",
    "Changing",
    "RayObject",
    "Report",
    "Rewritten",
    "Unreadable",
    "injecting",
    "ray_objects",
    "rewritten",
    "stripping",
]
