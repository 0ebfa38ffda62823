"""Observation of activations whose range is too narrow for a histogram in float32."""

import numpy as np
import pytest

from tests.quantize.networks import classifier
from tinygen.quantize import quantize


@pytest.mark.parametrize(
    "limits", [(1.0, float(np.nextafter(np.float32(1), np.float32(2)))), (0.0, 1e-44)]
)
def test_ranges_of_a_few_units_in_the_last_place(limits):
    assert quantize(classifier(), input_range=limits).graph.is_quantized
