#!/usr/bin/env python3
"""Compares the linear probe of `selfsight-cli evaluate` with scikit-learn's logistic regression on the same cached features.

    tests/peers/linear_probe.py RUN [--cli build/release/bin/selfsight-cli] [--labels FOLDER]

RUN is a run on Fashion-MNIST; FOLDER holds the data set's label files. Takes some minutes. Says "skipped" where scikit-learn is
absent. Exit code 1 when the two differ by more than half a point.
"""
import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
try:
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
except ImportError as error:
    print(f"skipped: {error.name} is not installed (python3-sklearn)")
    sys.exit(0)

parser = argparse.ArgumentParser()
parser.add_argument("run")
parser.add_argument("--cli", default=here.parent.parent / "build/release/bin/selfsight-cli")
parser.add_argument("--labels", default="/usr/share/datasets/fashion-mnist")
arguments = parser.parse_args()


def tensors(path):
    """A safetensors file's float32 and int64 arrays, read without a package."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    kinds = {"F32": numpy.float32, "I64": numpy.int64}
    return {name: numpy.frombuffer(data[8 + size:][slice(*entry["data_offsets"])], kinds[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


def labels(part):
    found = sorted(pathlib.Path(arguments.labels).glob(f"{part}-labels-idx1-ubyte*"))
    opened = gzip.open(found[0]) if found[0].suffix == ".gz" else open(found[0], "rb")
    return numpy.frombuffer(opened.read()[8:], numpy.uint8)


with tempfile.TemporaryDirectory() as folder:
    command = [arguments.cli, "evaluate", arguments.run, "--protocol", "linear", "--labels", "100", "--cache", folder, "--json"]
    lines = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.splitlines()
    ours = json.loads(lines[-1])["top1"]
    parts = {len(part["images"]): part for part in map(tensors, pathlib.Path(folder).glob("*.features.safetensors"))}
bank, queries = parts[60000], parts[10000]
model = make_pipeline(StandardScaler(), LogisticRegression(C=1, max_iter=1000))
model.fit(bank["features"], labels("train")[bank["images"]])
theirs = model.score(queries["features"], labels("t10k")[queries["images"]])
print(f"scikit-learn {100 * theirs:.2f} %, selfsight {100 * ours:.2f} %")
sys.exit(abs(theirs - ours) > 0.005)
