"""Dashboards as they are made and shipped."""
