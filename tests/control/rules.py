"""Every rule of VLLMMonitor's schema, with a value that keeps it and one that breaks it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KEYWORDS = frozenset({"pattern", "minimum", "maximum", "minLength", "maxLength", "enum", "maxItems", "maxProperties"})
"""What a CRD's schema may say about a value, besides its type and CEL."""

TARGET = {"targetLabel": "team", "replacement": "ml"}
"""A step of relabelling that nobody objects to."""


@dataclass(frozen=True)
class Case:
    """A rule, a value at its place that is accepted, and one that is refused."""

    path: str
    """Below `spec`; `[]` is an item of a list, `{}` the value of `key` in a map."""
    rule: str
    """The schema's keyword, or the message of a rule in CEL."""
    accepted: Any
    refused: Any
    beside: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the same object that other rules ask for."""

    @property
    def place(self) -> str:
        """The field as the API server names it."""
        return ".".join(filter(None, ("spec", self.path.replace("[]", "[0]").replace("{}", ".key"))))

    def spec(self, value: Any) -> Any:
        """A spec with this value at the rule's place."""
        beside = self.beside
        for part in reversed(self.path.replace("[]", ".[]").replace("{}", ".{}").split(".")):
            if part == "[]":
                value = [value]
            elif part:
                value, beside = {**beside, part.replace("{}", "key"): value}, {}
        return value

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}"


def rules(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """All rules of a schema: where they stand, and what they are."""
    for keyword in sorted(KEYWORDS & node.keys()):
        yield path, keyword
    for rule in node.get("x-kubernetes-validations", ()):
        yield path, rule["message"]
    for name, child in node.get("properties", {}).items():
        yield from rules(child, f"{path}.{name}".lstrip("."))
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in node:
            yield from rules(node[keyword], path + mark)


def places(node: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """All places of a schema, and the types of their values."""
    yield path, "int-or-string" if "anyOf" in node else node["type"]
    for name, child in node.get("properties", {}).items():
        yield from places(child, f"{path}.{name}".lstrip("."))
    for keyword, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in node:
            yield from places(node[keyword], path + mark)


def _injection() -> Iterator[Case]:
    yield Case("injection.volume.sizeLimit", "pattern", "1Gi", "1GB")
    yield Case(
        "injection.volume",
        "sizeLimit must be at least 16Mi: a full directory kills the engine",
        {"sizeLimit": 16 * 1024**2},
        {"sizeLimit": "15Mi"},
    )
    exporter = "injection.exporter"
    yield Case(f"{exporter}.port", "minimum", 1024, 1023)
    yield Case(f"{exporter}.port", "maximum", 65535, 65536)
    yield Case(f"{exporter}.port", "port is one of Ray's own", 8081, 8080)
    yield Case(f"{exporter}.port", "ports 10002-19999 belong to Ray's worker processes", 20000, 19999)
    yield Case(f"{exporter}.families", "maxItems", ["vllm:"] * 32, ["vllm:"] * 33)
    yield Case(f"{exporter}.families[]", "pattern", "http_", "http-")
    yield Case(f"{exporter}.families[]", "maxLength", "x" * 64, "x" * 65)
    yield Case(f"{exporter}.image", "minLength", "python:3.13-slim", "")
    yield Case(f"{exporter}.image", "maxLength", "x" * 512, "x" * 513)
    resources = f"{exporter}.resources"
    yield Case(f"{resources}.cpuRequest", "pattern", "0.5", "-1")
    yield Case(f"{resources}.guaranteedCpu", "pattern", 2, "two")
    yield Case(f"{resources}.memoryRequest", "pattern", "64M", "64MB")
    yield Case(f"{resources}.memoryLimit", "pattern", "1Gi", "1 Gi")
    yield Case(
        resources,
        "memoryRequest must not exceed memoryLimit",
        {"memoryRequest": "128Mi", "memoryLimit": "128Mi"},
        {"memoryRequest": "129Mi", "memoryLimit": "128Mi"},
    )
    yield Case(
        resources,
        "memoryLimit must be at least 64Mi: the exporter is a Python process",
        {"memoryLimit": "64Mi"},
        {"memoryLimit": "63Mi"},
    )


def _scrape() -> Iterator[Case]:
    yield Case("scrape.kind", "enum", "ServiceMonitor", "Probe")
    yield Case("scrape.ray", "enum", "Off", "None")
    for name, beside in (("interval", {}), ("scrapeTimeout", {"interval": "2h"})):
        for refused in ("1d", "30s1m", "30", "-5s"):
            yield Case(f"scrape.{name}", "pattern", "1h30m", refused, beside)
        yield Case(f"scrape.{name}", "minLength", "5s", "", beside)
    yield Case(
        "scrape", "scrapeTimeout needs an interval", {"interval": "30s", "scrapeTimeout": "5s"}, {"scrapeTimeout": "5s"}
    )
    yield Case(
        "scrape",
        "scrapeTimeout must not exceed the interval",
        {"interval": "1m", "scrapeTimeout": "60s"},
        {"interval": "1m", "scrapeTimeout": "61s"},
    )
    yield Case("scrape.labels", "maxProperties", _labels(32), _labels(33))
    yield Case("scrape.labels{}", "pattern", "prometheus", "a b")
    yield Case("scrape.labels{}", "maxLength", "x" * 63, "x" * 64)
    for refused in ("-x", "x" * 64, "a/b/c", "/x"):
        rule = "labels must have valid label names"
        yield Case("scrape", rule, {"labels": {"example.com/team": "ml"}}, {"labels": {refused: "ml"}})
    yield Case("scrape.app.port", "pattern", "serve-grpc", "metrics")
    yield Case("scrape.app.path", "pattern", "/llm/metrics", "metrics")
    yield Case("scrape.app.path", "maxLength", f"/{'x' * 255}", f"/{'x' * 256}")
    for steps in ("scrape.relabelings", "scrape.metricRelabelings"):
        yield Case(steps, "maxItems", [TARGET] * 64, [TARGET] * 65)
        yield from _step(f"{steps}[]")


def _step(path: str) -> Iterator[Case]:
    yield Case(f"{path}.action", "enum", "Lowercase", "LowerCase", {"targetLabel": "team"})
    yield Case(f"{path}.targetLabel", "minLength", "team", "", {"replacement": "ml"})
    yield Case(f"{path}.regex", "maxLength", "x" * 4096, "x" * 4097, TARGET)
    yield Case(f"{path}.modulus", "minimum", 1, 0, {"action": "hashmod", "targetLabel": "shard"})
    yield Case(path, "this action needs a targetLabel", {"action": "keep", "regex": "a"}, {"regex": "a"})
    hashed = {"action": "HashMod", "targetLabel": "shard"}
    yield Case(path, "hashmod needs a modulus", {**hashed, "modulus": 8}, hashed)
    dropped = {"action": "labeldrop", "regex": "a"}
    told = "labeldrop and labelkeep take a regex and nothing else"
    yield Case(path, told, dropped, {**dropped, "sourceLabels": ["a"]})
    equal = {"action": "keepequal", "sourceLabels": ["a"], "targetLabel": "b"}
    told = "keepequal and dropequal take sourceLabels and targetLabel and nothing else"
    yield Case(path, told, equal, {**equal, "regex": "a"})
    lower = {"action": "Uppercase", "sourceLabels": ["a"], "targetLabel": "b"}
    yield Case(path, "this action takes no replacement", lower, {**lower, "replacement": "c"})
    told = "regex must be an expression of RE2"
    yield Case(path, told, {**TARGET, "regex": "(a|b)+"}, {**TARGET, "regex": "(a"})


def _rules() -> Iterator[Case]:
    slo = "rules.slo"
    promised = {"threshold": "500ms"}
    yield Case(slo, "slo needs an objective: timeToFirstToken, interToken or endToEnd", {"endToEnd": promised}, {})
    yield Case(f"{slo}.minimumEvents", "minimum", 1, 0, {"endToEnd": promised})
    yield Case(f"{slo}.minimumEvents", "maximum", 10**6, 10**6 + 1, {"endToEnd": promised})
    for indicator in ("timeToFirstToken", "interToken", "endToEnd"):
        for refused in ("1h", "500", "-1s", ".5s", "1m30s"):
            yield Case(f"{slo}.{indicator}.threshold", "pattern", "2.5s", refused)
        yield Case(f"{slo}.{indicator}.threshold", "maxLength", f"1.{'0' * 13}s", f"1.{'0' * 14}s")
        for refused in ("0.5ms", "121m"):
            yield Case(f"{slo}.{indicator}.threshold", "a threshold lies between 1ms and 2h", "120m", refused)
        yield Case(f"{slo}.{indicator}.objective", "minimum", 90, 89.9, promised)
        yield Case(f"{slo}.{indicator}.objective", "maximum", 99.99, 99.999, promised)


def _whole() -> Iterator[Case]:
    off = {"injection": {"enabled": False}, "scrape": {"ray": "Off"}}
    yield Case(
        "",
        "nothing is left to scrape: injection is off, scrape.ray is Off, and there is no scrape.app",
        {**off, "scrape": {"ray": "Off", "app": {}}},
        off,
    )


def _labels(count: int) -> dict[str, str]:
    return {f"label-{number}": "x" for number in range(count)}


CASES = (*_injection(), *_scrape(), *_rules(), *_whole())
