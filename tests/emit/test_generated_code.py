"""The generated folder as a firmware engineer meets it: compiled strictly, sanitized, linked, repeated."""

import json
import subprocess

import numpy as np
import pytest

from tests.example_graphs import NETWORKS, branches, cnn
from tinygen import host, reference, samples, targets
from tinygen.emit import ArenaMode, EmitOptions, InputMode, Io, Provenance, emit
from tinygen.fixedpoint import Arithmetic

HOST = targets.load("host")
M4 = targets.load("cortex-m4")

RUNNER = """\
#include <stdint.h>
#include <stdio.h>
{includes}
int main(int argc, char **argv)
{{
    FILE *in = fopen(argv[1], "rb");
    FILE *out = fopen(argv[2], "wb");
    (void)argc;
    if (!in || !out) {{ return 1; }}
{body}
    return fclose(in) || fclose(out);
}}
"""

RUN_ALL = """\
    {{
        static int8_t x[{upper}_INPUT_SIZE], y[{upper}_OUTPUT_SIZE];
        int i;
        for (i = 0; i < {count} && fread(x, 1, sizeof x, in) == sizeof x; i++) {{
            {name}_run(x, y);
            if (fwrite(y, 1, sizeof y, out) != sizeof y) {{ return 2; }}
        }}
    }}
"""


def real_sources(emission):
    """The folder's C files; src/ only forwards to them."""
    return [*sorted(emission.folder.glob("*.c")), *sorted(emission.folder.glob("tinygen/*.c"))]


def run_executable(tmp_path, emissions, inputs, *flags):
    """Compile a program around generated folders, feed it all inputs, return all output bytes."""
    main = tmp_path / "main.c"
    main.write_text(
        RUNNER.format(
            includes="\n".join(f'#include "{e.name}.h"' for e in emissions),
            body="".join(
                RUN_ALL.format(name=e.name, upper=e.name.upper(), count=len(x))
                for e, x in zip(emissions, inputs, strict=True)
            ),
        )
    )
    sources = [str(p) for e in emissions for p in real_sources(e)]
    includes = [f"-I{e.folder}" for e in emissions]
    host.compile_c(
        [
            "-O1",
            "-g",
            "-DTG_EMULATE_SIMD",
            *flags,
            *includes,
            str(main),
            *sources,
            "-o",
            str(tmp_path / "run"),
        ]
    )
    (tmp_path / "in.bin").write_bytes(b"".join(x.tobytes() for x in inputs))
    done = subprocess.run(
        [tmp_path / "run", tmp_path / "in.bin", tmp_path / "out.bin"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return np.fromfile(tmp_path / "out.bin", np.int8)


@pytest.mark.parametrize("arithmetic", list(Arithmetic))
@pytest.mark.parametrize("target", ["host", "cortex-m4"])
@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_host_build_equals_reference(tmp_path, network, target, arithmetic):
    graph = NETWORKS[network](arithmetic=arithmetic)
    emission = emit(graph, targets.load(target), tmp_path / "out", name=network)
    x = samples.generate(graph, 60)[graph.inputs[0]]
    with host.build(emission) as model:
        np.testing.assert_array_equal(model.run(x), reference.run_one_input(graph, x))
        assert model.selftest() == 0


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_sanitizers_find_nothing_on_random_and_extreme_inputs(tmp_path, network, target):
    graph = NETWORKS[network]()
    emission = emit(graph, targets.load(target), tmp_path / "out", name=network)
    x = samples.generate(graph, 1000)[graph.inputs[0]]
    out = run_executable(
        tmp_path,
        [emission],
        [x],
        "-std=c99",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    )
    np.testing.assert_array_equal(out, reference.run_one_input(graph, x).ravel())


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_generated_code_is_cplusplus17_too(tmp_path, target):
    emission = emit(cnn(), targets.load(target), tmp_path / "out", name="cnn")
    for source in real_sources(emission):
        host.compile_c(
            ["-x", "c++", "-std=c++17", *host.WARNINGS, "-DTG_EMULATE_SIMD", f"-I{emission.folder}", "-c",
             str(source), "-o", "/dev/null"]
        )  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        EmitOptions(io=Io.FLOAT),
        EmitOptions(io=Io.UINT8),
        EmitOptions(arena=ArenaMode.CALLER),
        EmitOptions(input=InputMode.ARENA),
        EmitOptions(io=Io.FLOAT, arena=ArenaMode.CALLER, input=InputMode.ARENA),
        EmitOptions(io=Io.UINT8, arena=ArenaMode.CALLER, input=InputMode.ARENA),
        EmitOptions(labels=("cat", "dog", "*/ evil", "dog", "\u00e9")),
    ],
    ids=lambda o: f"{o.io.value}-{o.arena.value}-{o.input.value}-{len(o.labels)}",
)
def test_options_compile_strictly_and_compute_the_same(tmp_path, options):
    graph = cnn()
    emission = emit(graph, HOST, tmp_path / "out", name="cnn", options=options)
    x = samples.generate(graph, 20)[graph.inputs[0]]
    with host.build(emission) as model:
        np.testing.assert_array_equal(model.run(x), reference.run_one_input(graph, x))
        assert model.selftest() == 0


def test_two_models_in_one_program_share_kernels(tmp_path):
    graphs = [cnn(seed=3), branches(seed=4)]
    emissions = [
        emit(graph, HOST, tmp_path / f"m{i}", name=f"m{i}") for i, graph in enumerate(graphs)
    ]
    inputs = [samples.generate(graph, 30)[graph.inputs[0]] for graph in graphs]
    out = run_executable(tmp_path, emissions, inputs, "-std=c99")
    wanted = [reference.run_one_input(g, x).ravel() for g, x in zip(graphs, inputs, strict=True)]
    np.testing.assert_array_equal(out, np.concatenate(wanted))


def test_symbols_carry_the_models_or_the_runtimes_prefix(tmp_path):
    emission = emit(cnn(), HOST, tmp_path / "out", name="zoo")
    sources = [str(p) for p in real_sources(emission)]
    host.compile_c(
        [
            "-std=c99",
            "-shared",
            "-fPIC",
            f"-I{emission.folder}",
            *sources,
            "-o",
            str(tmp_path / "x.so"),
        ]
    )
    listed = subprocess.run(
        ["nm", "--defined-only", "--extern-only", str(tmp_path / "x.so")],
        capture_output=True,
        text=True,
        check=True,
    )
    names = {line.split()[-1] for line in listed.stdout.splitlines()}
    ours = {n for n in names if n.startswith(("zoo_", "tg_"))}
    assert "zoo_run" in ours
    assert names - ours <= {"_init", "_fini", "_edata", "_end", "__bss_start", "__data_start"}


def test_same_input_same_bytes(tmp_path):
    options = EmitOptions(provenance=Provenance(file_name="net.tflite", sha256="0" * 64))
    folders = []
    for place in ("a", "deep/b"):
        emission = emit(cnn(), M4, tmp_path / place, name="cnn", options=options)
        folders.append(
            {
                p.relative_to(emission.folder).as_posix(): p.read_bytes()
                for p in emission.folder.rglob("*")
                if p.is_file()
            }
        )
    assert folders[0] == folders[1]
    text = b"".join(folders[0].values())
    assert str(tmp_path).encode() not in text


def test_manifest_lists_every_file_with_its_hash(tmp_path):
    import hashlib

    emission = emit(cnn(), HOST, tmp_path / "out", name="cnn")
    manifest = json.loads((emission.folder / "manifest.json").read_text())
    found = {
        p.relative_to(emission.folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in emission.folder.rglob("*")
        if p.is_file() and p.name != "manifest.json"
    }
    assert manifest["files"] == found


def test_hostile_layer_names_stay_in_their_comments(tmp_path):
    import dataclasses

    graph = cnn()
    evil = [
        "*/ #error x /*",
        "../../etc",
        "int",
        "a\n#error b",
        "??/",
        "",
        "\u202e",
        "x" * 500,
        "conv",
        "CONV",
    ]
    nodes = [
        dataclasses.replace(node, name=evil[i] if i < len(evil) else node.name)
        for i, node in enumerate(graph.nodes)
    ]
    graph = graph.replace(nodes=tuple(nodes))
    emission = emit(graph, HOST, tmp_path / "out", name="cnn")
    x = samples.generate(graph, 10)[graph.inputs[0]]
    with host.build(emission) as model:
        np.testing.assert_array_equal(model.run(x), reference.run_one_input(graph, x))


def test_quantize_and_dequantize_helpers_match_the_reference(tmp_path):
    import cffi

    graph = cnn()
    (tensor,) = graph.input_tensors
    emission = emit(graph, HOST, tmp_path / "out", name="cnn")
    sources = [str(p) for p in real_sources(emission)]
    host.compile_c(
        [
            "-std=c99",
            "-O2",
            "-shared",
            "-fPIC",
            f"-I{emission.folder}",
            *sources,
            "-o",
            str(tmp_path / "x.so"),
        ]
    )
    ffi = cffi.FFI()
    ffi.cdef(
        "void cnn_quantize_input(const float *, int8_t *); void cnn_dequantize_output(const int8_t *, float *);"
    )
    library = ffi.dlopen(str(tmp_path / "x.so"))
    steps = np.linspace(-200, 200, tensor.size).astype(np.float32)
    real = (np.round(steps * 2) / 2 * np.float32(tensor.quantization.scale)).astype(np.float32)
    real[:6] = [0.0, -0.0, 1e30, -1e30, np.inf, -np.inf]
    got = np.empty(tensor.size, np.int8)
    library.cnn_quantize_input(ffi.from_buffer("float[]", real), ffi.from_buffer("int8_t[]", got))
    finite = np.clip(real, -1e30, 1e30).reshape(tensor.shape)
    np.testing.assert_array_equal(got, samples.quantize_input(finite, tensor).ravel())
    nan = np.full(tensor.size, np.nan, np.float32)
    library.cnn_quantize_input(ffi.from_buffer("float[]", nan), ffi.from_buffer("int8_t[]", got))
    assert (got == tensor.zero_point).all()


def test_arduinos_src_folder_builds_the_same_program(tmp_path):
    graph = cnn()
    emission = emit(graph, HOST, tmp_path / "out", name="cnn")
    sources = sorted((emission.folder / "src").rglob("*.c"))
    assert len(sources) == len(real_sources(emission))
    main = tmp_path / "main.c"
    main.write_text('#include "cnn.h"\nint main(void) { return (int)cnn_selftest(); }\n')
    program = tmp_path / "program"
    include = f"-I{emission.folder / 'src'}"
    host.compile_c([include, str(main), *map(str, sources), "-o", str(program)])
    assert subprocess.run([program], check=False).returncode == 0


def test_the_layer_hook_counts_from_0_to_the_number_of_layers(tmp_path):
    graph = cnn()
    emission = emit(graph, HOST, tmp_path / "out", name="cnn")
    assert emission.program.moved, "the graph has a reshape that needs no call"
    header = (emission.folder / "cnn.h").read_text()
    x = samples.generate(graph, 1)[graph.inputs[0]]
    with host.build(emission) as model:
        seen = [layer.layer for layer in model.trace(x)]
    assert seen == list(range(len(seen)))
    assert f"#define CNN_LAYERS {len(seen)}\n" in header


def test_labels_cannot_collide_with_the_headers_own_names(tmp_path):
    labels = ("input_size", "layers", "arena_bytes", "h", "output_scale")
    emission = emit(cnn(), HOST, tmp_path / "out", name="cnn", options=EmitOptions(labels=labels))
    with host.build(emission) as model:
        assert model.selftest() == 0
