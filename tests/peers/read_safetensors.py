"""Reads safetensors files without their package: a header of JSON behind its length, then raw data."""
import json


def read_safetensors(path):
    """Tensors by name, and the metadata (None where there is none)."""
    import torch

    types = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32,
             "U8": torch.uint8, "BOOL": torch.bool}
    raw = path.read_bytes()
    begin = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:begin])
    metadata = header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        first, last = (begin + offset for offset in entry["data_offsets"])
        kind = types[entry["dtype"]]
        values = torch.frombuffer(bytearray(raw[first:last]), dtype=kind) if last > first else torch.empty(0, dtype=kind)
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata
