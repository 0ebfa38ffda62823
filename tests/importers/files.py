"""Small .tflite files of forms that no graph of tinygen has: what converters write around one."""

import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from tests.oracle.tflite_writer import TfliteWriter
from tinygen.ir import DType, Quantization, Tensor

Op = schema.BuiltinOperator
TYPE = schema.TensorType


class File(TfliteWriter):
    """A writer that takes tensors by name and type, and may contradict itself."""

    def value(self, name, shape, kind=TYPE.FLOAT32, scale=None, zero=0) -> int:
        """A tensor that is computed, of any type of the schema."""
        quantization = Quantization.per_tensor(scale, zero) if scale else None
        index = self.tensor(
            Tensor(name=name, shape=tuple(shape), dtype=DType.INT8, quantization=quantization)
        )
        self._tensors[index].type = kind
        return index

    def constant(self, name, data, scale=None, zero=0, kind=None) -> int:
        """A constant; `kind` is the type to declare where it is not the array's."""
        data = np.asarray(data)
        quantization = Quantization.per_tensor(scale, zero) if scale else None
        stored = data.view(np.int8) if data.dtype == np.float16 else data
        index = self.tensor(
            Tensor(
                name=name,
                shape=stored.shape,
                dtype=DType(stored.dtype.name),
                quantization=quantization,
                data=stored,
            )
        )
        self._tensors[index].shape = list(data.shape)
        if data.dtype == np.float16:
            self._tensors[index].type = TYPE.FLOAT16
        if kind is not None:
            self._tensors[index].type = kind
        return index

    def add(self, code, inputs, output, options=None, version=1) -> int:
        """Append an operator with one output; return that output."""
        self.raw_operator(code, inputs, [output], options, version)
        return output

    def dense(self, x, output, units, depth, name="dense", **options) -> int:
        """A float FULLY_CONNECTED with seeded weights and no bias."""
        rng = np.random.default_rng(units)
        w = self.constant(f"{name}/w", rng.normal(size=(units, depth)).astype(np.float32))
        table = schema.FullyConnectedOptionsT(**options)
        return self.add(Op.FULLY_CONNECTED, [x, w, -1], output, table)

    def write(self, path, inputs, outputs):
        """Write the file; return its path."""
        path.write_bytes(self.finish(inputs, outputs))
        return path
