"""Reads safetensors files without their package: a header of JSON behind its length, then raw data."""
import json


def read_safetensors(path):
    """Tensors by name, and the metadata (None where there is none)."""
    import numpy
    import torch

    types = {"F32": numpy.float32, "F64": numpy.float64, "I64": numpy.int64, "I32": numpy.int32, "U8": numpy.uint8}
    raw = path.read_bytes()
    begin = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:begin])
    metadata = header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = (begin + offset for offset in entry["data_offsets"])
        tensors[name] = torch.from_numpy(numpy.frombuffer(raw[first:last], types[entry["dtype"]]).reshape(entry["shape"]).copy())
    return tensors, metadata
