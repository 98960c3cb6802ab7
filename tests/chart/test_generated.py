"""What is made from something else is as that has it now."""

from __future__ import annotations

import yaml

from rayscope import __version__
from rayscope.dashboards.configmaps import config_map
from rayscope.dashboards.packaged import packaged
from rayscope.model.names import WEBHOOK_CONFIGURATION
from rayscope.render.webhook import service_client, webhook_configuration
from tests.chart.chart import CHART, render
from tests.chart.generated import generated


def test_readme_schema_and_crds_are_fresh() -> None:
    stale = [path for path, content in generated().items() if not path.exists() or path.read_text() != content]
    assert not stale, "run `make generate`"


def test_no_crd_is_left_from_earlier() -> None:
    there = set((CHART / "files" / "crds").iterdir())
    assert there <= generated().keys()


def test_the_charts_version_is_the_operators() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_the_crd_is_rendered_without_loss() -> None:
    [file] = (CHART / "files" / "crds").iterdir()
    [rendered] = render().all("CustomResourceDefinition")
    assert rendered["spec"] == yaml.safe_load(file.read_text())["spec"]


def test_the_webhook_is_the_one_that_the_operator_knows() -> None:
    wanted = webhook_configuration(service_client("rayscope", "rayscope-webhook"))
    assert render().the("MutatingWebhookConfiguration", WEBHOOK_CONFIGURATION)["webhooks"] == wanted["webhooks"]


def test_the_dashboards_are_those_of_the_command() -> None:
    rendered = render({"dashboards": {"enabled": True}})
    for wanted in map(config_map, packaged()):
        made = rendered.the("ConfigMap", wanted["metadata"]["name"])
        assert wanted["metadata"]["labels"].items() <= made["metadata"]["labels"].items()
        assert wanted["metadata"]["annotations"] == made["metadata"]["annotations"]
        assert {name: yaml.safe_load(text) for name, text in made["data"].items()} == {
            name: yaml.safe_load(text) for name, text in wanted["data"].items()
        }
    assert len(rendered.all("ConfigMap")) == len(packaged())
