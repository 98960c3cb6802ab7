"""Why a labelled service has no metrics: the way from the label to a number, walked step by step.

Everything is read live with the caller's own rights, and nothing is ever written. What may not be read is unknown, and
never taken for a fault.
"""
