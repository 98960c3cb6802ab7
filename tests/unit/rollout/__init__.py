"""Rollouts: what they cost, when they are refused, and how far they have come."""
