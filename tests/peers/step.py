#!/usr/bin/env python3
"""Times a SimCLR step of `selfsight-cli bench step` against the same network, loss and optimiser in PyTorch.

    tests/peers/step.py [--cli build/release/bin/selfsight-cli] [--seconds 20] [--rounds 3]

The two programs take turns, never at once; the ratio is that of the medians. PyTorch runs with its threads set to the
cores (it takes one of Debian's own accord), channels last both, and once as it comes (fp32, its default threads).
Prints one JSON line a comparison. Says "skipped" where Python's packages are absent.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    print("skipped: python3-torch is not installed")
    sys.exit(0)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet18(nn.Module):
    """The small stem for 32 x 32: 3 x 3, stride 1, no pooling."""

    def __init__(self, width=64):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        blocks, inputs = [], width
        for layer in range(4):
            outputs = width << layer
            blocks += [Block(inputs, outputs, 1 if layer == 0 else 2), Block(outputs, outputs, 1)]
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(self.stem(x)).mean((2, 3))


class SimCLR(nn.Module):
    def __init__(self, hidden, output):
        super().__init__()
        self.backbone = ResNet18()
        self.head = nn.Sequential(nn.Linear(512, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU(inplace=True),
                                  nn.Linear(hidden, output, bias=False), nn.BatchNorm1d(output))

    def forward(self, x):
        return self.head(self.backbone(x))


def nt_xent(z, temperature):
    z = F.normalize(z.float())
    rows = z.shape[0]
    scores = z @ z.T / temperature
    scores.fill_diagonal_(float("-inf"))
    return F.cross_entropy(scores, (torch.arange(rows) + rows // 2) % rows)


def images_per_second(precision, batch, size, seconds, channels_last, hidden, output):
    torch.manual_seed(1)
    model = SimCLR(hidden, output).train()
    images = torch.randn(2 * batch, 3, size, size)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    times = []
    begin = time.perf_counter()
    while len(times) < 8 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            z = model(images)
        nt_xent(z, 0.2).backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    return batch / statistics.median(times[3:])


def ours(cli, precision, batch, size, seconds):
    command = [cli, "bench", "step", "--precision", precision, "--batch", str(batch), "--size", str(size), "--seconds", str(seconds), "--json"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def peer(arguments):
    """Runs in a process of its own: threads are a process's choice."""
    if arguments.peer_threads:
        torch.set_num_threads(arguments.peer_threads)
    value = images_per_second(arguments.peer, arguments.batch, arguments.size, arguments.seconds, not arguments.plain, arguments.hidden, arguments.output)
    print(json.dumps({"value": value, "threads": torch.get_num_threads(), "torch": torch.__version__}))


def theirs(arguments, precision, threads, plain):
    command = [sys.executable, __file__, "--peer", precision, "--batch", str(arguments.batch), "--size", str(arguments.size), "--seconds",
               str(arguments.seconds), "--peer-threads", str(threads)] + (["--plain"] if plain else [])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default=str(root / "build/release/bin/selfsight-cli"))
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--output", type=int, default=128)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--peer-threads", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments)

    cores = len(os.sched_getaffinity(0))
    # (name, our precision, theirs, their threads; 0: as it comes, their memory format)
    pairs = [("fp32, threads set to the cores", "fp32", "fp32", cores, False), ("bf16, threads set to the cores", "bf16", "bf16", cores, False),
             ("our default against PyTorch as it comes", "bf16", "fp32", 0, True)]
    for name, mine, other, threads, plain in pairs:
        us, them = [], []
        for _ in range(arguments.rounds):
            us.append(ours(arguments.cli, mine, arguments.batch, arguments.size, arguments.seconds))
            them.append(theirs(arguments, other, threads, plain))
        value = statistics.median(x["value"] for x in us)
        reference = statistics.median(x["value"] for x in them)
        print(json.dumps({"comparison": name, "ratio": round(value / reference, 3), "selfsight": round(value, 1), "pytorch": round(reference, 1),
                          "unit": "images/s", "peak_share": round(statistics.median(x["peak_share"] for x in us), 3), "pytorch_threads": them[-1]["threads"],
                          "torch": them[-1]["torch"], "rounds": arguments.rounds}), flush=True)


if __name__ == "__main__":
    main()
