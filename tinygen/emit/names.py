"""Names from models, made safe for C. Names in a model file are hostile until they have passed here."""

import re

from tinygen.errors import UsageError

_C_KEYWORDS = frozenset(
    """alignas alignof and asm auto bitand bitor bool break case catch char class compl const constexpr
    continue decltype default delete do double else enum explicit export extern false float for friend goto if
    inline int long main mutable namespace new noexcept not nullptr operator or private protected public
    register restrict return short signed sizeof static struct switch template this throw true try typedef
    typeid typename union unsigned using virtual void volatile wchar_t while xor""".split()  # noqa: SIM905
)

_STANDARD_HEADERS = frozenset(
    """assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg
    stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype""".split()  # noqa: SIM905
)
"""A folder with a header of such a name would hide the system's."""

_LONGEST = 48


def model_name(text: str) -> str:
    """A C identifier from a file stem: lower case, no leading digit, no keyword, no runtime prefix."""
    name = _words(text).lower() or "model"
    if name[0].isdigit() or name in _C_KEYWORDS | _STANDARD_HEADERS or name.startswith("tg_"):
        name = f"model_{name}"
    return name


def checked_model_name(name: str) -> str:
    """Return a name given by the user, or raise UsageError when it is no usable C identifier."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,47}", name) or model_name(name) != name.lower():
        raise UsageError(
            what=f"'{name}' cannot prefix C identifiers",
            next_step="--name takes letters, digits and underscores, a letter first, 48 at most, "
            "no C keyword or standard header, not starting with tg_",
        )
    return name


_PUBLIC = frozenset(
    """arena bench classify decision fast_arena finish h hot_weights init input label labels model output predict
    predict_proba pull push_row run run_float run_uint8 score sections selftest transform weights""".split()  # noqa: SIM905
)
"""What the generated files call NAME_<word>: a layer is never called so."""

_PUBLIC_PREFIXES = ("quantize", "dequantize", "row_of", "rows")


class LayerNames:
    """Hands out identifiers for layers, each once, and none that the generated files use themselves."""

    def __init__(self) -> None:
        self._taken: set[str] = set(_PUBLIC)

    def __call__(self, text: str) -> str:
        tail = text.rsplit("/", 2)
        base = _words("_".join(tail[-2:]) if len(tail) > 1 else text).lower() or "layer"
        if base[0].isdigit() or base.startswith(_PUBLIC_PREFIXES):
            base = f"layer_{base}"
        name, count = base, 1
        while name in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name)
        return name


def label_name(text: str) -> str:
    """The words for a class's enumerator: the classes -1 and 1 must not both look like 1."""
    return "label " + re.sub(r"^\s*-\s*(?=[0-9.])", "minus ", text)


def comment(text: str) -> str:
    """Text that cannot leave a C block comment: printable ASCII without comment ends and trigraphs."""
    printable = "".join(c if " " <= c <= "~" and c != "\\" else "_" for c in text)
    return printable.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")[:160]


def _words(text: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9]", "_", text)).strip("_")[:_LONGEST].strip("_")
