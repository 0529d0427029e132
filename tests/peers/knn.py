#!/usr/bin/env python3
"""Times `selfsight-cli bench knn` beside lightly's knn_predict on the same features and compares their predictions.

    tests/peers/knn.py [--cli build/release/bin/selfsight-cli] [--bank 50000] [--queries 10000] [--columns 512]

Takes a minute. Says "skipped" where torch or lightly is absent (see lightly.py). Exit code 1 when more than one query in a thousand
is classified differently, or ours takes more than half of lightly's time.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if pathlib.Path(folder or ".").resolve() != here]  # lightly.py beside this hides the package

try:
    import importlib.util
    import numpy
    import torch
    package = importlib.util.find_spec("lightly")
    if package is None:
        raise ImportError(name="lightly")
except ImportError as error:
    print(f"skipped: {error.name} is not installed (python3-torchvision, and lightly from PyPI)")
    sys.exit(0)

# The one file, without the rest of the package and what that wants installed.
spec = importlib.util.spec_from_file_location("knn", pathlib.Path(package.origin).parent / "utils/benchmarking/knn.py")
knn = importlib.util.module_from_spec(spec)
spec.loader.exec_module(knn)

parser = argparse.ArgumentParser()
parser.add_argument("--cli", default=here.parent.parent / "build/release/bin/selfsight-cli")
parser.add_argument("--bank", type=int, default=50000)
parser.add_argument("--queries", type=int, default=10000)
parser.add_argument("--columns", type=int, default=512)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
bank = torch.nn.functional.normalize(torch.randn(arguments.bank, arguments.columns), dim=1)
queries = torch.nn.functional.normalize(torch.randn(arguments.queries, arguments.columns), dim=1)
labels = torch.arange(arguments.bank) % 10
failed = False
with tempfile.TemporaryDirectory() as folder:
    files = [pathlib.Path(folder) / name for name in ("bank.npy", "queries.npy", "predictions.npy")]
    numpy.save(files[0], bank.numpy())
    numpy.save(files[1], queries.numpy())
    for k in (20, 200):
        seconds = []
        for batch in (256, 1000):
            start = time.time()
            theirs = torch.cat([knn.knn_predict(part, bank.t(), labels, 10, k, 0.1)[:, 0] for part in queries.split(batch)])
            seconds.append(time.time() - start)
        command = [arguments.cli, "bench", "knn", "--bank-npy", files[0], "--queries-npy", files[1], "-k", str(k), "-T", "0.1",
                   "--classes", "10", "--threads", str(arguments.threads), "--predictions", files[2], "--json"]
        lines = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.splitlines()
        ours = json.loads(lines[-1])["value"]
        different = int((torch.from_numpy(numpy.load(files[2])) != theirs).sum())
        print(f"k = {k}: lightly {min(seconds):.2f} s, selfsight {ours:.2f} s ({ours / min(seconds):.2f}); {different} of {len(theirs)} predictions differ",
              flush=True)
        failed |= different > len(theirs) / 1000 or ours > min(seconds) / 2
sys.exit(failed)
