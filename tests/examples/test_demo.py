"""The demo keeps its promises: trained, bit-exact, on the device, int8 as good as float."""

import pytest

from tinygen import demo


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    said = []
    return demo.run(tmp_path_factory.mktemp("demo"), "cortex-m4", said.append)


def test_int8_accuracy_is_within_half_a_point_of_float(result):
    assert result["float_accuracy"] > 0.94, "the network has learnt digits"
    assert abs(result["int8_accuracy"] - result["float_accuracy"]) <= 0.005


def test_every_test_image_is_bit_exact_and_the_device_ran(result):
    assert result["bit_exact_images"] == result["test_images"] == 450
    assert result["device"]["instructions"] > 0
    labels = [what for what, _ in demo.as_rows(result)]
    assert {"flash", "RAM", "instructions of one inference", "C"} <= set(labels)
