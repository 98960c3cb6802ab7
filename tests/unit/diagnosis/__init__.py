"""The diagnosis' judgements, on what was read; the walk itself is tried on a real control plane."""
