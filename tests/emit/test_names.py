"""Names from models are hostile until cleaned."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygen.emit.names import LayerNames, checked_model_name, comment, label_name, model_name
from tinygen.errors import UsageError


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text())
def test_any_text_becomes_an_identifier(text):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", model_name(text))
    assert re.fullmatch(r"[a-z][a-z0-9_]*", LayerNames()(text))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text())
def test_no_text_leaves_a_comment(text):
    cleaned = comment(text)
    assert "*/" not in cleaned and "??" not in cleaned and "\\" not in cleaned
    assert cleaned.isascii() and cleaned.isprintable()


@pytest.mark.parametrize("text", ["*/ int x; /*", "**//", "*\\\n/", "??/"])
def test_comment_tricks(text):
    assert "*/" not in comment(text) and "\n" not in comment(text) and "??" not in comment(text)


def test_layer_names_are_unique():
    names = LayerNames()
    given_out = [names(t) for t in ("conv", "conv", "Conv", "a/conv", "a.conv", "conv_2", "")]
    assert len(set(given_out)) == len(given_out)


@pytest.mark.parametrize(
    "name", ["int", "class", "tg_x", "2net", "a b", "", "x" * 60, "a-b", "é", "stdint", "string"]
)
def test_bad_model_names_are_refused(name):
    with pytest.raises(UsageError):
        checked_model_name(name)


def test_good_model_name_is_kept():
    assert checked_model_name("kws_v2") == "kws_v2"


def test_the_sign_of_a_class_is_in_its_name():
    names = LayerNames()
    assert [names(label_name(t)) for t in ("-1", "1", "-0.5", "a-1")] == [
        "label_minus_1",
        "label_1",
        "label_minus_0_5",
        "label_a_1",
    ]


@pytest.mark.parametrize(
    "text", ["run", "predict", "Score", "decision", "input", "rows_0", "weights"]
)
def test_layers_do_not_take_the_names_of_the_interface(text):
    name = LayerNames()(text)
    assert name != text.lower() and re.fullmatch(r"[a-z][a-z0-9_]*", name)
