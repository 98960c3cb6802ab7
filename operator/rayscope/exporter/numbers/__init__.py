"""From the values in files to an exposition: sums, gauges, formats."""
