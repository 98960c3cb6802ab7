"""`make demo`: the main job, visibly, on a real control plane with the real KubeRay."""
