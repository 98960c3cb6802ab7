"""`python -m tests.chart`: write what is made for the chart. `make generate` calls it."""

from tests.chart.generated import generated

for path, content in generated().items():
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
