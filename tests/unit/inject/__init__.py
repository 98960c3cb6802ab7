"""The injection: cases, reasons, KubeRay's own samples, and what holds for every cluster whatever it looks like."""
