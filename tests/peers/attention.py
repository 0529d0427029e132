#!/usr/bin/env python3
"""Times `selfsight-cli bench attention` against the same network in PyTorch, in the form of DINO's vision_transformer.py and
visualize_attention.py: all blocks but the last, then the last one's whole softmax(QK') and [CLS]'s row of it.

    tests/peers/attention.py [--cli build/release/bin/selfsight-cli] [--patch 16] [--size 480] [--repeats 5] [--rounds 3]

The two programs take turns, never at once. PyTorch runs with its threads set to the cores and the OpenMP flavour of OpenBLAS
where it is installed; for bf16 in the faster of its two ways, all weights as bf16 or autocast. Prints one JSON line a precision.
Says "skipped" where Python's packages are absent.
"""
import argparse
import glob
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    print("skipped: python3-torch is not installed")
    sys.exit(0)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def attention(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return ((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1), v

    def forward(self, x):
        shares, v = self.attention(self.norm1(x))
        x = x + self.proj((shares @ v).transpose(1, 2).reshape(x.shape))
        return x + self.mlp(self.norm2(x))


class Vit(nn.Module):
    def __init__(self, patch, side, dim=384, heads=6, depth=12):
        super().__init__()
        self.embed = nn.Conv2d(3, dim, patch, patch)
        self.cls = nn.Parameter(torch.randn(1, 1, dim) * 0.02)
        self.positions = nn.Parameter(torch.randn(1, 1 + (side // patch) ** 2, dim) * 0.02)
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(depth))

    def last_attention(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.positions
        for block in self.blocks[:-1]:
            x = block(x)
        return self.blocks[-1].attention(self.blocks[-1].norm1(x))[0]


def peer(arguments, precision):
    """Runs in a process of its own: threads are a process's choice."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(1)
    model = Vit(arguments.patch, arguments.size).eval()
    image = torch.randn(1, 3, arguments.size, arguments.size)
    if precision == "bf16":
        model, image = model.bfloat16(), image.bfloat16()
    seconds = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "autocast"):
        for _ in range(arguments.repeats + 1):
            begin = time.perf_counter()
            model.last_attention(image)[0, :, 0, 1:].float()
            seconds.append(time.perf_counter() - begin)
    print(json.dumps({"value": statistics.median(seconds[1:]), "torch": torch.__version__,
                      "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}))


def lines_of(command, environment=None):
    output = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return json.loads(output.splitlines()[-1])


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default=str(root / "build/release/bin/selfsight-cli"))
    parser.add_argument("--patch", type=int, default=16)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments, arguments.peer)

    work = ["--patch", str(arguments.patch), "--size", str(arguments.size), "--repeats", str(arguments.repeats)]
    environment = dict(os.environ, OMP_WAIT_POLICY="passive")
    for folder in glob.glob("/usr/lib/*/openblas-openmp"):
        environment["LD_LIBRARY_PATH"] = folder
    for precision, ways in [("fp32", ["fp32"]), ("bf16", ["bf16", "autocast"])]:
        us, them = [], {way: [] for way in ways}
        for _ in range(arguments.rounds):
            us.append(lines_of([arguments.cli, "bench", "attention", "--precision", precision, "--json"] + work))
            for way in ways:
                them[way].append(lines_of([sys.executable, __file__, "--peer", way] + work, environment))
        value = statistics.median(x["value"] for x in us)
        medians = {way: statistics.median(x["value"] for x in them[way]) for way in ways}
        best = min(medians, key=medians.get)
        print(json.dumps({"comparison": f"ViT-S/{arguments.patch} at {arguments.size}, {precision}", "ratio": round(medians[best] / value, 3),
                          "selfsight": round(value, 3), "pytorch": {way: round(x, 3) for way, x in medians.items()}, "unit": "s",
                          "selfsight_megabytes": round(max(x["settings"]["resident_megabytes"] for x in us)),
                          "pytorch_megabytes": round(max(x["megabytes"] for x in them[best])), "torch": them[best][-1]["torch"],
                          "rounds": arguments.rounds}), flush=True)


if __name__ == "__main__":
    main()
