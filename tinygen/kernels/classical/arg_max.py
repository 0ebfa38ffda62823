"""The class with the largest score."""

from tinygen.ir import Call
from tinygen.kernels.kernel import Kernel, KernelCall, Struct
from tinygen.ops.classical.arg_max import ArgMax


def _lower(call: Call) -> tuple[KernelCall, ...]:
    fields = {"count": call.inputs[0].channels, "threshold": call.op.threshold}
    return (KernelCall(params=Struct(tag="tg_arg_max", fields=fields), inputs=(0,)),)


MOST_COMPARISONS = 4
"""Of scores without a loop: more are smaller as a loop."""

CODE = """\
static void $function(const int32_t *in, int32_t *out)
{
BODY
}"""


def _is_small(call: Call) -> str | None:
    count = call.inputs[0].channels
    return None if count <= MOST_COMPARISONS else f"more than {MOST_COMPARISONS} scores"


def _lower_small(call: Call) -> tuple[KernelCall, ...]:
    """Comparisons one behind the other, which compilers join with what made the scores."""
    count, threshold = call.inputs[0].channels, call.op.threshold
    lines = [f"*out = in[0] > {_literal(threshold)} ? 1 : 0;"]
    if count > 1:
        lines = ["int32_t largest = in[0];", "int32_t best = 0;", ""]
        for c in range(1, count):
            lines += [
                f"if (in[{c}] > largest) {{",
                f"    largest = in[{c}];",
                f"    best = {c};",
                "}",
            ]
        lines[-3:-2] = []  # nothing reads the last one
        lines.append("*out = best;")
    body = "\n".join(f"    {line}".rstrip() for line in lines)
    call_of = KernelCall(
        params=Struct(tag="", fields={}),
        inputs=(0,),
        code=CODE.replace("BODY", body),
        code_bytes=10 + 10 * count,
    )
    return (call_of,)


def _literal(value: int) -> str:
    return "(-2147483647 - 1)" if value == -(2**31) else str(value)


KERNELS = (
    Kernel(
        op=ArgMax,
        symbol="arg_max_code",
        header="tg_common.h",
        source=None,
        fits=_is_small,
        lower=_lower_small,
        specificity=1,
        estimate=lambda call: 4.0 + 4.0 * call.inputs[0].size,
    ),
    Kernel(
        op=ArgMax,
        symbol="tg_arg_max_s32",
        header="tg_arg_max.h",
        source="portable/tg_arg_max_s32.c",
        lower=_lower,
        estimate=lambda call: 10.0 + 6.0 * call.inputs[0].size,
    ),
)
