"""Lays contexts out with the Jinja templates of `templates/`."""

import functools
from collections.abc import Mapping

import jinja2

from tinygen.resources import resource

MODEL_FILES = {
    "model.h.j2": "{name}.h",
    "model.c.j2": "{name}.c",
    "sections.h.j2": "{name}_sections.h",
    "weights.h.j2": "{name}_weights.h",
    "weights.c.j2": "{name}_weights.c",
    "io.c.j2": "{name}_io.c",
    "selftest.c.j2": "{name}_selftest.c",
}
"""Template file to the file that it makes: those of one model."""

BUILD_FILES = {
    "CMakeLists.txt.j2": "CMakeLists.txt",
    "library.properties.j2": "library.properties",
    "library.json.j2": "library.json",
    "idf_component.yml.j2": "idf_component.yml",
    "zephyr_module.yml.j2": "zephyr/module.yml",
}
"""Those for build systems, once a folder."""

README = {"README.md.j2": "README.md"}

MODELS_FILES = {
    "models.h.j2": "{name}.h",
    "models_selftest.c.j2": "{name}_selftest.c",
    "models_readme.md.j2": "README.md",
}
"""Those of a folder of several models."""

SHARED_ARENA_FILES = {
    "models_arena.h.j2": "{name}_arena.h",
    "models_arena.c.j2": "{name}_arena.c",
}
"""Those of a folder whose models share working memory."""


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: resource("templates").joinpath(name).read_text()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render(templates: Mapping[str, str], context: Mapping[str, object]) -> dict[str, bytes]:
    """Return the generated files, path in the folder to bytes."""
    environment = _environment()
    return {
        path.format(name=context["name"]): environment.get_template(template)
        .render(context)
        .encode()
        for template, path in templates.items()
    }
