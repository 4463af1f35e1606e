"""The manifest as rows: every field as JSON, the layers in a table of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from phosphene.atlas.records import LayerInfo, Manifest, Options
from phosphene.atlas.rows import Row
from phosphene.atlas.schema import FORMAT

_ABOUT_THE_RUN = ("created", "versions")
_LARGEST = 2**31


def values(manifest: Manifest) -> dict[str, Any]:
    """Return every field but the layers, with the version of the format."""
    found = {field.name: getattr(manifest, field.name) for field in fields(Manifest) if field.name != "layers"}
    return found | {"options": asdict(manifest.options), "versions": dict(manifest.versions), "format": FORMAT}


def content(manifest: Manifest) -> str:
    """Return the part of the manifest that makes two atlases the same, as one line of JSON."""
    return as_json({name: value for name, value in values(manifest).items() if name not in _ABOUT_THE_RUN})


def to_rows(manifest: Manifest) -> list[Row]:
    """Return the rows of the table ``manifest``, in order."""
    return sorted((name, as_json(value)) for name, value in values(manifest).items())


def layer_rows(manifest: Manifest) -> list[Row]:
    """Return the rows of the table ``layers``, in order."""
    return [(number, *_layer_row(layer)) for number, layer in enumerate(manifest.layers)]


def _layer_row(layer: LayerInfo) -> Row:
    stride = (None, None) if layer.stride is None else tuple(map(float, layer.stride))
    return layer.name, layer.kind, layer.units, *layer.size, *stride, *(layer.receptive_field or (None, None))


def from_rows(rows: Sequence[Row], layers: Sequence[Row]) -> Manifest:
    """Read a manifest; raises ValueError or TypeError where it is none."""
    found = {name: json.loads(value) for name, value in rows}
    if found.pop("format", None) != FORMAT:
        raise ValueError("the manifest is of another format")
    return Manifest(
        **_texts(found, "network", "weights", "preprocessing", "images", "created"),
        input_size=tuple(_count(size) for size in found.pop("input_size")),
        classes=_names(found.pop("classes")),
        features=_names(found.pop("features")),
        options=_options(found.pop("options")),
        total=None if (total := found.pop("total")) is None else _count(total),
        versions=_versions(found.pop("versions")),
        layers=tuple(map(_layer, layers)),
        **_nothing(found),
    )


def _texts(found: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: _text(found.pop(name)) for name in names}


def _nothing(found: Mapping[str, Any]) -> dict[str, Any]:
    if found:
        raise ValueError(f"the manifest names {', '.join(sorted(found))}, which this format does not know")
    return {}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text of the manifest is none")
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < _LARGEST:
        raise ValueError("a number of the manifest is none, or out of bounds")
    return value


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of the manifest is none")
    return tuple(map(_text, value))


def _versions(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("the versions of the manifest are none")
    return {name: _text(version) for name, version in value.items()}


def _options(value: object) -> Options:
    usual = asdict(Options())
    if not isinstance(value, dict) or set(value) != set(usual):
        raise ValueError("the options of the manifest are not those of this format")
    for name, example in usual.items():
        if type(value[name]) is not type(example) or (type(example) is int and not 0 <= value[name] < _LARGEST):
            raise ValueError(f"the option {name} of the manifest is out of bounds")
    return Options(**value)


def _layer(row: Row) -> LayerInfo:
    _, name, kind, units, height, width, stride_y, stride_x, field_height, field_width = row
    return LayerInfo(
        name=name,
        kind=kind,
        units=_count(units),
        size=(_count(height), _count(width)),
        stride=None if stride_y is None or stride_x is None else (stride_y, stride_x),
        receptive_field=None if field_height is None or field_width is None else (field_height, field_width),
    )


def differences(found: Manifest, wanted: Manifest) -> list[str]:
    """Return the names of the fields in which two scans differ, those about the run itself aside."""
    theirs, ours = ({**values(m), "layers": layer_rows(m)} for m in (found, wanted))
    return [name for name in theirs if name not in _ABOUT_THE_RUN and as_json(theirs[name]) != as_json(ours[name])]


def as_json(value: object) -> str:
    """Return a value as JSON, the same text whenever the value is the same."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
