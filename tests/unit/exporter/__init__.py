"""The exporter, against prometheus_client itself and against real processes."""
