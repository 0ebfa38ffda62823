"""Several models on one command line: which is called what, and which value of an option is meant for which."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinygen.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Named:
    """A model file, and the prefix of the C names that are made from it."""

    name: str
    path: Path


def named_models(paths: Sequence[Path], names: Sequence[str]) -> tuple[str | None, list[Named]]:
    """The name of what belongs to all (None: not given), and the models with their names.

    `names` are the values of --name: NAME=MODEL for one of the paths, or NAME. NAME of a single model is its own.
    """
    from tinygen.emit.names import checked_model_name, model_name

    own: dict[Path, str] = {}
    of_all: list[str] = []
    for text in names:
        name, _, file = text.partition("=")
        if file and Path(file) not in paths:
            raise UsageError(
                what=f"--name {text}: {file} is none of the models given",
                next_step="write --name NAME=MODEL with MODEL as in the arguments",
            )
        checked_model_name(name)
        if file:
            own[Path(file)] = name
        else:
            of_all.append(name)
    if len(of_all) > 1:
        raise UsageError(
            what=f"--name {' --name '.join(of_all)}: which is of which model?",
            next_step="write --name NAME=MODEL",
        )
    if len(paths) == 1 and of_all:
        own.setdefault(paths[0], of_all[0])
    models = [Named(name=own.get(p) or model_name(p.stem), path=p) for p in paths]
    return (of_all[0] if of_all else None), models


def values_by_model(option: str, texts: Sequence[str], models: Sequence[Named]) -> dict[str, str]:
    """Values of an option that stands once for each model, by model: NAME=VALUE, or VALUE where there is one model."""
    named, plain = _split(texts, models)
    if plain and len(models) > 1:
        raise UsageError(
            what=f"{option} {plain[0]}: for which of the models?",
            next_step=f"write {option} NAME=..., with one of the names {', '.join(m.name for m in models)}",
        )
    pairs = [*named, *((models[0].name, text) for text in plain)]
    _check_once(option, [name for name, _ in pairs])
    return dict(pairs)


def values_for_all(option: str, texts: Sequence[str], models: Sequence[Named]) -> dict[str, str]:
    """The same for an option whose VALUE without a name is for all models that are not named."""
    named, plain = _split(texts, models)
    _check_once(option, [*(name for name, _ in named), *("all" for _ in plain)])
    return {m.name: text for text in plain for m in models} | dict(named)


def _split(
    texts: Sequence[str], models: Sequence[Named]
) -> tuple[list[tuple[str, str]], list[str]]:
    """Pairs of a model's name and a value, and values without a name."""
    names = {m.name for m in models}
    named, plain = [], []
    for text in texts:
        name, _, value = text.partition("=")
        if name in names and value:
            named.append((name, value))
        else:
            plain.append(text)
    return named, plain


def _check_once(option: str, names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(
            what=f"{option} is given twice for '{twice[0]}'", next_step="leave one out"
        )
