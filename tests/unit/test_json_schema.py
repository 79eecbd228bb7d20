"""JSON Schemas of the configuration: current, published, and of one mind with the loader."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from feeds.config import json_schema, load
from feeds.errors import ConfigError
from feeds.util.yaml_document import parse_yaml
from tests.support.docs import blocks, text
from tests.support.paths import SHIPPED_CONFIG

FOLDERS = [SHIPPED_CONFIG, Path(json_schema.__file__).parent.parent / "cli" / "starter" / "config"]


def schema(name: str) -> Any:
    return json.loads(json_schema.published(name)[0])


@pytest.mark.parametrize("name", json_schema.NAMES)
def test_what_is_shipped_is_what_the_models_say(name: str) -> None:
    body, _ = json_schema.published(name)
    assert body == json_schema.generated(name), "run python -m feeds.config.json_schema"
    Draft202012Validator.check_schema(json.loads(body))


def typed(value: Any) -> Any:
    """Scalars as an editor's YAML has them: the loader takes them as they were typed."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    if value in ("true", "false"):
        return value == "true"
    try:
        return float(value) if value is not None else None
    except ValueError:
        return value


@pytest.mark.parametrize("folder", FOLDERS, ids=["shipped", "starter"])
def test_the_configuration_that_is_shipped_is_valid(folder: Path) -> None:
    for path in sorted(folder.glob("*.yaml")):
        value = parse_yaml(path.read_text()).value
        if value is not None:
            Draft202012Validator(schema(path.stem)).validate(typed(value))


@pytest.mark.parametrize("page", ["sets.md", "configuration.md"])
def test_the_samples_of_the_docs_are_valid(page: str) -> None:
    for block in blocks(text(page), "yaml"):
        value = typed(parse_yaml(block).value)
        fits = [Draft202012Validator(schema(name)).is_valid(value) for name in json_schema.NAMES]
        assert any(fits) or value is None, block


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sets", {"a": {"include": {"topic": ["AI"]}}}),
        ("sets", {"a": {"sort": "newest"}}),
        ("sets", {"a": {"limit": 201}}),
        ("sets", {"a": {"limit": 0}}),
        ("sets", {"a": {"max_age": "soon"}}),
        ("sets", {"a": {"private": "perhaps"}}),
        ("sets", {"a": {"icon": "icon.png"}}),
        ("sets", {"a": {"include": {"topics": {"a": "b"}}}}),
        ("sets", {"a": {"include": {"min_quality": "high"}}}),
        ("sets", ["a"]),
        ("site", {"titel": "News"}),
        ("site", {"defaults": {"unpublished": "maybe"}}),
        ("topics", [{"name": "AI"}]),
        ("topics", {"slug": "ai"}),
        ("providers", [{"name": "BBC"}]),
    ],
)
def test_what_the_loader_refuses_an_editor_marks_too(tmp_path: Path, name: str, value: Any) -> None:
    assert not Draft202012Validator(schema(name)).is_valid(value)
    (tmp_path / f"{name}.yaml").write_text(json.dumps(value))
    with pytest.raises(ConfigError):
        load(tmp_path)


def test_an_editor_can_show_what_each_key_means() -> None:
    for name in json_schema.NAMES:
        found = schema(name)
        for model in [found, *found.get("$defs", {}).values()]:
            for key, property in model.get("properties", {}).items():
                described = property.get("description") or "$ref" in property
                assert described or "description" in str(property), (name, key)
