"""Several models in one folder: one arena for all, kernels once, and no model disturbs another."""

import json
import subprocess

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.emit.test_generated_code import real_sources
from tests.example_graphs import branches, cnn, mlp
from tests.tools import require_tools
from tinygen import bench, device, host, reference, samples, targets
from tinygen.emit import ArenaMode, EmitOptions, InputMode, Member, ModelSet, emit_together
from tinygen.errors import BudgetError, UsageError
from tinygen.ir import Graph
from tinygen.model import fitted

HOST = targets.load("host")
M4 = targets.load("cortex-m4")
GRAPHS = {"eyes": cnn(seed=3), "ears": branches(seed=4), "nose": mlp()}

MAIN = """\
#include "senses.h"
#include <stdio.h>
{memory}
int main(int argc, char **argv)
{{
    FILE *in = fopen(argv[1], "rb");
    FILE *out = fopen(argv[2], "wb");
    (void)argc;
    if (!in || !out || senses_selftest({argument}) != 0) {{ return 1; }}
    for (int i = 0; i < {count}; i++) {{
{body}
    }}
    return fclose(in) || fclose(out);
}}
"""

ONE_RUN = """\
        {{
            static int8_t x[{upper}_INPUT_SIZE], y[{upper}_OUTPUT_SIZE];
            if (fread(x, 1, sizeof x, in) != sizeof x) {{ return 2; }}
{run}
            if (fwrite(y, 1, sizeof y, out) != sizeof y) {{ return 3; }}
        }}
"""


def emitted(folder, *, options=None, shared_arena=True, target=HOST, graphs=GRAPHS) -> ModelSet:
    options = options or EmitOptions()
    members = [Member(graph=g, name=n, options=options) for n, g in graphs.items()]
    return emit_together(members, target, folder, name="senses", shared_arena=shared_arena)


def statement(name: str, options: EmitOptions) -> str:
    """C that runs a model on x into y."""
    memory = ["memory.bytes"] if options.arena is ArenaMode.CALLER else []
    if options.input is InputMode.ARENA:
        fill = f"int8_t *to = {name}_input({', '.join(memory)});\n"
        fill += "for (uint32_t j = 0; j < sizeof x; j++) { to[j] = x[j]; }\n"
        return f"{fill}{name}_run({', '.join(['y', *memory])});"
    return f"{name}_run({', '.join(['x', 'y', *memory])});"


def run_in_turn(models: ModelSet, folder, inputs, *flags) -> bytes:
    """Outputs of all models, one sample of each after the other, from a program with sanitizers."""
    options = models.models[0].options
    is_callers = options.arena is ArenaMode.CALLER
    body = [
        ONE_RUN.format(upper=e.name.upper(), run=statement(e.name, options)) for e in models.models
    ]
    main = folder / "main.c"
    main.write_text(
        MAIN.format(
            memory="static union { int64_t align; int8_t bytes[SENSES_ARENA_BYTES]; } memory;"
            if is_callers
            else "",
            argument="memory.bytes" if is_callers else "",
            count=len(inputs[0]),
            body="".join(body),
        )
    )
    flags = (*flags, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    host.compile_c(
        ["-std=c99", "-O1", *host.WARNINGS, "-DTG_EMULATE_SIMD", *flags, f"-I{models.folder}",
         str(main), *map(str, real_sources(models)), "-o", str(folder / "run")]
    )  # fmt: skip
    (folder / "in.bin").write_bytes(
        b"".join(x[i].tobytes() for i in range(len(inputs[0])) for x in inputs)
    )
    subprocess.run([folder / "run", folder / "in.bin", folder / "out.bin"], check=True)
    return (folder / "out.bin").read_bytes()


@pytest.mark.parametrize(
    ("options", "shared_arena"),
    [
        (EmitOptions(), True),
        (EmitOptions(input=InputMode.ARENA), True),
        (EmitOptions(input=InputMode.ROWS), True),
        (EmitOptions(arena=ArenaMode.CALLER, input=InputMode.ARENA), True),
        (EmitOptions(), False),
    ],
    ids=["shared", "input in it", "rows", "caller's", "apart"],
)
def test_models_in_turn_compute_what_each_computes_alone(tmp_path, options, shared_arena):
    graphs = {n: g for n, g in GRAPHS.items() if options.input is not InputMode.ROWS or n != "nose"}
    models = emitted(tmp_path / "m", options=options, shared_arena=shared_arena, graphs=graphs)
    inputs = [samples.generate(g, 6)[g.inputs[0]] for g in graphs.values()]
    got = run_in_turn(models, tmp_path, inputs)
    wanted = [reference.run_one_input(g, x) for g, x in zip(graphs.values(), inputs, strict=True)]
    assert got == b"".join(y[i].tobytes() for i in range(6) for y in wanted)


@pytest.fixture(scope="module")
def classifier() -> Graph:
    """A classical model, which has several methods."""
    x = np.random.default_rng(5).integers(-100, 100, (60, 6)).astype(np.float64)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit(x, (x[:, 0] > x[:, 1]).astype(int) + (x[:, 2] > 40))
    graph = fitted(pipeline).quantize(calibration=x).graph
    assert len(graph.methods) > 1
    return graph


@pytest.fixture(scope="module")
def on_m4(tmp_path_factory, classifier) -> ModelSet:
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    graphs = {**GRAPHS, "mood": classifier}
    folder = tmp_path_factory.mktemp("set") / "m"
    return emitted(folder, options=EmitOptions(hot_weights=300), target=M4, graphs=graphs)


def test_on_the_core_every_byte_is_right_and_the_ram_is_what_was_planned(on_m4):
    measured = device.ram_of_all(on_m4.folder, "senses", M4)  # runs the self-test of all, in turn
    assert measured.arena_bytes == on_m4.ram.arena_bytes
    assert measured.arena_bytes == max(e.program.plan.arena_bytes for e in on_m4.models)
    assert on_m4.ram.hot_weight_bytes > 0
    assert measured.static_bytes == on_m4.ram.model_bytes


def test_one_model_of_the_folder_runs_on_the_core_like_any_other(on_m4):
    graph = GRAPHS["ears"]
    x = samples.generate(graph, 4)[graph.inputs[0]]
    wanted = reference.run_one_input(graph, x).reshape(4, -1)
    got = device.run_on_qemu(on_m4.folder, "ears", M4, x.reshape(4, -1), wanted.shape[1])
    np.testing.assert_array_equal(got, wanted)


def test_a_classical_model_takes_the_callers_memory_too(tmp_path, classifier):
    options = EmitOptions(arena=ArenaMode.CALLER)
    graphs = {"nose": GRAPHS["nose"], "mood": classifier}
    models = emitted(tmp_path / "m", options=options, target=M4, graphs=graphs)
    measured = device.ram_of_all(models.folder, "senses", M4)
    assert measured.static_bytes == models.ram.arena_bytes > 0
    for emission in models.models:
        flags = [*host.WARNINGS, "-DTG_EMULATE_SIMD", f"-I{models.folder}", "-fsyntax-only"]
        for kind in (["-std=c99"], ["-x", "c++", "-std=c++17"]):
            host.compile_c([*flags, *kind, str(models.folder / f"{emission.name}.c")])


def test_what_is_printed_in_python_is_a_line(tmp_path):
    models = emitted(tmp_path / "m")
    for shown in (repr(models), *(repr(e) for e in models.models)):
        assert len(shown.splitlines()) == 1 and str(tmp_path) in shown and "bytes" in shown


def test_apart_the_sum_counts(tmp_path):
    require_tools("arm-none-eabi-gcc", "qemu-system-arm")
    models = emitted(tmp_path / "m", shared_arena=False, target=M4)
    measured = device.ram_of_all(models.folder, "senses", M4)
    assert measured.arena_bytes == sum(e.program.plan.arena_bytes for e in models.models)
    assert measured.static_bytes == models.ram.model_bytes


def test_bench_has_every_model_and_all_of_them(on_m4):
    result = bench.bench_set(on_m4.folder, M4)
    assert [name for name, _ in result.models] == [*GRAPHS, "mood"]
    assert result.ram_bytes == result.ram.total_bytes + max(
        b.measurement.stack_bytes for _, b in result.models
    )
    assert result.as_dict()["planned_ram"]["model_bytes"] == result.ram.static_bytes


def test_kernels_are_there_once_and_the_manifest_lists_every_file(tmp_path):
    models = emitted(tmp_path / "m")
    manifest = json.loads((models.folder / "manifest.json").read_text())
    found = {
        p.relative_to(models.folder).as_posix() for p in models.folder.rglob("*") if p.is_file()
    }
    assert set(manifest["files"]) == found - {"manifest.json"}
    assert [m["name"] for m in manifest["models"]] == list(GRAPHS)
    assert manifest["shared_arena"] and manifest["memory"] == models.ram.as_dict()
    listed = (models.folder / "CMakeLists.txt").read_text()
    for path in found:
        if path.endswith(".c") and not path.startswith("src/"):
            assert listed.count(f"/{path}\n") == 1


def test_the_same_models_give_the_same_bytes(tmp_path):
    one, two = (emitted(tmp_path / place) for place in ("a", "deep/b"))
    for path in one.folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (two.folder / path.relative_to(one.folder)).read_bytes()


@pytest.mark.parametrize("names", [("a", "A"), ("a", "senses"), ("a", "senses_arena"), ("a",)])
def test_names_that_clash_are_refused(tmp_path, names):
    graphs = dict.fromkeys(names, GRAPHS["nose"])
    with pytest.raises(UsageError):
        emitted(tmp_path / "m", graphs=graphs)
    assert not (tmp_path / "m").exists()


def test_memory_of_the_caller_is_for_all_models_or_none(tmp_path):
    ways = (EmitOptions(arena=ArenaMode.CALLER), EmitOptions())
    members = [Member(graph=GRAPHS["nose"], name=f"nose{i}", options=o) for i, o in enumerate(ways)]
    with pytest.raises(UsageError, match="some of the models"):
        emit_together(members, HOST, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_set_that_only_fits_with_one_arena_says_so(tmp_path):
    import dataclasses

    roomy = emitted(tmp_path / "m", shared_arena=True)
    target = dataclasses.replace(HOST, ram_bytes=roomy.ram.arena_bytes, memory_source="this test")
    emitted(tmp_path / "m", target=target)
    with pytest.raises(BudgetError, match="the models together") as caught:
        emitted(tmp_path / "n", target=target, shared_arena=False)
    assert "--shared-arena" in caught.value.next_step
    assert not (tmp_path / "n").exists()
