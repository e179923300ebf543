"""Writes fixtures/onnx/tensors.onnx, a model with an initializer of every type and spelling that is
read, and tensors.json: name, ONNX type, shape and the bytes of what onnx itself reads from each.

Run once with Debian's python3-onnx (1.12.0); the results are committed.

    /usr/bin/python3 tools/make_onnx_golden.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "onnx"
RNG = np.random.default_rng(7)
KINDS = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?"]


def values(kind, shape):
    """Numbers over the whole range of the type, negative ones too."""
    if kind == "?":
        return RNG.integers(0, 2, shape).astype(bool)
    if kind[0] == "f":
        return RNG.normal(0, 100, shape).astype(kind)
    info = np.iinfo(kind)
    return RNG.integers(info.min, info.max, shape, kind, endpoint=True)


def typed(name, array):
    """The elements in the list of their type, not as raw bytes."""
    number = onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[array.dtype]
    flat = array.view(np.uint16) if array.dtype == np.float16 else array
    tensor = TensorProto(name=name, data_type=number, dims=array.shape)
    field = {TensorProto.FLOAT: "float_data", TensorProto.DOUBLE: "double_data",
             TensorProto.INT64: "int64_data", TensorProto.UINT32: "uint64_data",
             TensorProto.UINT64: "uint64_data"}.get(number, "int32_data")
    getattr(tensor, field).extend(flat.reshape(-1).tolist())
    return tensor


def main():
    OUT.mkdir(exist_ok=True)
    tensors = []
    for kind in KINDS:
        name = np.dtype(kind).name
        tensors.append(numpy_helper.from_array(values(kind, (2, 3)), f"raw.{name}"))
        tensors.append(typed(f"typed.{name}", values(kind, (5,))))
    tensors.append(numpy_helper.from_array(np.float32(2.5), "scalar"))
    tensors.append(numpy_helper.from_array(np.zeros((0, 4), np.float32), "empty"))
    text = helper.make_tensor("text", TensorProto.STRING, [2], [b"a", b"b"])
    weight = numpy_helper.from_array(values("f4", (3, 2)), "weight")
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 2])
    node = helper.make_node("MatMul", ["x", "weight"], ["y"])
    graph = helper.make_graph([node], "tiny", [x], [y], tensors + [text, weight])
    model = helper.make_model(graph, producer_name="fiedler", producer_version="1",
                              opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, OUT / "tensors.onnx")
    read = onnx.load(OUT / "tensors.onnx").graph.initializer
    golden = {each.name: [TensorProto.DataType.Name(each.data_type), list(each.dims),
                          numpy_helper.to_array(each).tobytes().hex()]
              for each in read if each.name != "text"}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in golden.items())
    (OUT / "tensors.json").write_text(f"{{\n{lines}\n}}\n")


main()
