"""Search trees of neighbours in .skops files: arrays in C structs, which skops does not know. They are left out.

The rows that they were made of are in the file too, and are searched one after the other, which gives the same answers.
"""

import io
import itertools
import json
import zipfile
from collections.abc import Iterator

SCHEMA = "schema.json"
MODULES = ("sklearn.neighbors._kd_tree", "sklearn.neighbors._ball_tree")


def without_search_trees(data: bytes) -> bytes:
    """The same file, in which estimators have no search trees. Raises what zipfile and json raise for damaged files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        if not _take_out(schema):
            return data
        others = [(name, archive.read(name)) for name in archive.namelist() if name != SCHEMA]
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr(SCHEMA, json.dumps(schema))
        for name, content in others:
            archive.writestr(name, content)
    return found.getvalue()


def _take_out(schema: object) -> int:
    """Put None in place of trees, and the search without one; how many there were."""
    numbers, count = itertools.count(-1, -1), 0
    for attributes in _mappings(schema):
        tree = attributes.get("_tree")
        if not isinstance(tree, dict) or tree.get("__module__") not in MODULES:
            continue
        attributes["_tree"] = _constant(None, next(numbers))
        attributes["_fit_method"] = _constant("brute", next(numbers))
        count += 1
    return count


def _mappings(node: object) -> Iterator[dict]:
    if isinstance(node, dict):
        yield node
    for inner in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _mappings(inner)


def _constant(value: str | None, number: int) -> dict[str, object]:
    """A plain value as skops writes it. Its number is none of an object's: those are addresses."""
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(value),
        "is_json": True,
        "__id__": number,
    }
