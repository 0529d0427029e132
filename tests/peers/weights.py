#!/usr/bin/env python3
"""Writes weights with PyTorch in every form it has, and compares what `selfsight-cli inspect` reads, tensor by tensor.

    tests/peers/weights.py [--bin build/release/bin] [--keep FOLDER] [--only NAME]...

Forms: state dicts of networks, plain and nested dictionaries, parameters, whole modules, TorchScript, optimisers; the archive of PyTorch 1.6
and later and the stream before; pickle protocols 2 to 5; every number type; views, transposes, expanded, tied and empty tensors; argparse
namespaces, NumPy scalars and arrays, unknown classes; and what is refused in words (complex, quantised, sparse, 8-bit floats). Numbers are
compared by the SHA-256 of each tensor, laid out row by row. Where torchvision, timm or transformers are installed, their networks must be
recognised, match whole and give the same features (`selfsight-cli verify`, kind weights, in float32).
Prints one line a check, "ok" or "FAILED", and the counts; exit 1 when a check failed.

Needs a Python with torch: Debian's python3-torch, or any newer one from a throw-away environment.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch

warnings.filterwarnings("ignore")


class Own:
    """A class that no reader knows."""

    def __init__(self):
        self.weight = torch.arange(3.0)
        self.note = "a note"


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.bn = torch.nn.BatchNorm2d(4)
        self.stack = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.ReLU(), torch.nn.Linear(5, 2))
        self.register_buffer("table", torch.arange(6).view(2, 3))

    def forward(self, x):
        return self.stack(self.bn(self.conv(x)).mean((2, 3)))


def plain_bytes(tensor):
    tensor = tensor.detach().cpu().contiguous()
    if tensor.numel() == 0:
        return b""
    return tensor.view(-1).view(torch.uint8).numpy().tobytes()


def number_types():
    values = torch.tensor([-3.0, 0.0, 1.5, 100.0])
    names = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()
    tensors = {name: values.abs().to(getattr(torch, name)) if name in ("uint8", "bool") else values.to(getattr(torch, name)) for name in names}
    for name in ("uint16", "uint32", "uint64"):
        if hasattr(torch, name):
            tensors[name] = torch.tensor([0, 3, 40000], dtype=torch.int64).to(getattr(torch, name))
    return tensors


def views():
    base = torch.arange(24.0).view(4, 6)
    tied = torch.nn.Linear(3, 3).weight
    return {
        "whole": base, "transposed": base.t(), "column": base[:, 2], "row": base[1], "every_second": base[::2, 1::3], "permuted": base.view(2, 3, 4).permute(2, 0, 1),
        "expanded": torch.tensor([[7.0]]).expand(3, 5), "scalar": torch.tensor(3.25), "empty": torch.zeros(0, 4), "empty_view": base[4:],
        "channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), "tied_a": tied, "tied_b": tied, "of_one": base[2:3, 4:5],
    }


def cases():
    """name -> (object, its tensors by the names that inspect should give, how to save it, names that cannot be read)"""
    torch.manual_seed(0)
    net = Net()
    state = net.state_dict()
    yield "state dict", state, dict(state), {}, ()
    yield "state dict, old form", state, dict(state), {"_use_new_zipfile_serialization": False}, ()
    for protocol in (3, 4, 5):
        yield f"protocol {protocol}", state, dict(state), {"pickle_protocol": protocol}, ()
        yield f"protocol {protocol}, old form", state, dict(state), {"pickle_protocol": protocol, "_use_new_zipfile_serialization": False}, ()
    yield "number types", number_types(), number_types(), {}, ()
    old = {name: tensor for name, tensor in number_types().items() if name not in ("uint16", "uint32", "uint64")}
    yield "number types, old form", old, old, {"_use_new_zipfile_serialization": False}, ()
    held = views()
    yield "views", held, held, {}, ()
    yield "views, old form", held, held, {"_use_new_zipfile_serialization": False}, ()
    yield "a tensor alone", torch.arange(5.0), {"tensor": torch.arange(5.0)}, {}, ()
    yield "a list", [torch.ones(2), (torch.zeros(3), 4)], {"0": torch.ones(2), "1.0": torch.zeros(3)}, {}, ()
    parameters = {"p": torch.nn.Parameter(torch.randn(2, 3)), "frozen": torch.nn.Parameter(torch.arange(4), requires_grad=False)}
    yield "parameters", parameters, parameters, {}, ()
    noted = torch.nn.Parameter(torch.randn(2))
    noted.why = "a reason"
    yield "a parameter with an attribute", {"p": noted}, {"p": noted}, {}, ()
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.randn(4, 3, 8, 8)).sum().backward()
    optimizer.step()
    moments = {f"optimizer.state.{i}.{key}": value for i, entry in optimizer.state_dict()["state"].items() for key, value in entry.items() if torch.is_tensor(value)}
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    full = {"student": {"module." + name: tensor for name, tensor in state.items()}, "teacher": state, "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.5,
            "args": argparse.Namespace(arch="vit_small", lr=5e-4, sizes=[1, 2], path=pathlib.PurePosixPath("/a/b")), "loss": numpy.float64(0.25),
            "history": numpy.arange(10), "counts": collections.defaultdict(int, a=1), "device": torch.device("cpu"), "size": torch.Size([2, 3]), "type": torch.float16,
            "seen": {1, 2}, "large": 1 << 80, "none": None, "text": "häß", "generator": torch.get_rng_state()}
    names = {"generator": torch.get_rng_state(), **{"student.module." + n: t for n, t in state.items()}, **{"teacher." + n: t for n, t in state.items()}, **moments}
    yield "a full checkpoint", full, names, {}, ()
    yield "a full checkpoint, old form", full, names, {"_use_new_zipfile_serialization": False}, ()
    yield "a module", net, state, {}, ()
    yield "a module, old form", net, state, {"_use_new_zipfile_serialization": False}, ()
    own = Own()
    yield "an unknown class", {"own": own}, {"own.weight": own.weight}, {}, ()
    strange = {"complex": torch.zeros(2, dtype=torch.complex64), "sparse": torch.eye(3).to_sparse(), "good": torch.ones(2),
               "quantised": torch.quantize_per_tensor(torch.randn(4), 0.1, 0, torch.qint8)}
    if hasattr(torch, "float8_e4m3fn"):
        strange["eight"] = torch.ones(4).to(torch.float8_e4m3fn)
    unread = tuple(name for name in strange if name != "good")
    yield "numbers that are not read", strange, {"good": strange["good"]}, {}, unread
    many = {f"layer.{i}": torch.full((3,), float(i)) for i in range(3000)}
    yield "three thousand tensors", many, many, {}, ()
    big = {"w": torch.randn(3000, 3000)}
    yield "36 MB", big, big, {}, ()


def write_case(path, metadata, tensors):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        numbers = plain_bytes(tensor.float())
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Checks:
    def __init__(self, folder, program):
        self.folder, self.program, self.counts = folder, program, {"ok": 0, "FAILED": 0}

    def inspect(self, path, *arguments):
        done = subprocess.run([self.program, "inspect", str(path), "--json", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            return [], {}, {"problem": done.stderr.strip()}
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        return [line for line in lines if line["event"] == "tensor"], {line["name"]: line["problem"] for line in lines if line["event"] == "unread"}, lines[-1]

    def report(self, name, problem, what=""):
        verdict = "FAILED" if problem else "ok"
        self.counts[verdict] += 1
        print(f"{verdict:<7} {name}: {problem or what}", flush=True)

    def compare(self, name, path, expected, unread):
        tensors, refused, result = self.inspect(path, "--sha256")
        if "problem" in result:
            return self.report(name, result["problem"])
        got = {line["name"]: line for line in tensors}
        problem = ""
        if set(got) != set(expected):
            problem = f"missing {sorted(set(expected) - set(got))[:3]}, unexpected {sorted(set(got) - set(expected))[:3]}"
        if set(refused) != set(unread):
            problem = f"not read: {refused}, expected {unread}"
        for key, tensor in expected.items():
            if problem:
                break
            if got[key]["shape"] != list(tensor.shape):
                problem = f"{key} has the shape {got[key]['shape']}, not {list(tensor.shape)}"
            elif got[key]["sha256"] != hashlib.sha256(plain_bytes(tensor)).hexdigest():
                problem = f"{key} has other numbers"
        self.report(name, problem, f"{len(got)} tensors equal" + (f", not read: {', '.join(f'{k} {v}' for k, v in refused.items())}" if refused else ""))

    def features(self, name, state, image, features):
        """The network that our program makes of `state` against what the peer computed."""
        folder = self.folder / "case"
        folder.mkdir(exist_ok=True)
        torch.save(state, folder / "network.pth")
        write_case(folder / "case.safetensors", {"kind": "weights", "case": name, "hp.file": "network.pth", "tolerance": "rtol=1e-4 atol=1e-5"},
                   {"in.image": image, "out.features": features.detach()})
        done = subprocess.run([self.program, "verify", str(folder), "--kind", "weights", "--json"], capture_output=True, text=True)
        line = json.loads(done.stdout.splitlines()[0]) if done.stdout else {"message": done.stderr}
        self.report(f"{name}: features", "" if line.get("status") == "pass" else line.get("message", line), f"differ by {line.get('error', 0):.1e} of {line.get('allowed', 0):.1e}")

    def recognise(self, name, state, layout, matched, options=None, **save):
        path = self.folder / "network.pth"
        torch.save(state, path, **save)
        _, _, result = self.inspect(path)
        wrong = "problem" in result and result["problem"] or ""
        if not wrong:
            backbone = result.get("backbone") or {}
            if result["layout"] != layout or result.get("missing") or result.get("mismatched") or (matched and result["matched"] != matched):
                wrong = f"layout {result['layout']}, {result.get('matched')} matched, missing {result.get('missing', [])[:3]}, mismatched {result.get('mismatched', [])[:3]}"
            elif any(backbone.get(key) != value for key, value in (options or {}).items()):
                wrong = f"deduced {backbone}"
        self.report(name, wrong, f"{result.get('matched')} tensors match, {result.get('backbone')}")


def shake(net):
    """No parameter stays where it is zero or one: a wrong place shows."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))


@torch.no_grad()
def networks(checks):
    try:
        import torchvision
        for depth in (18, 50):
            net = getattr(torchvision.models, f"resnet{depth}")()
            net(torch.randn(4, 3, 64, 64))  # statistics of its own
            net.eval()
            state = net.state_dict()
            image = torch.randn(2, 3, 96, 96)
            checks.features(f"torchvision resnet{depth}", state, image, torch.nn.Sequential(*list(net.children())[:-1])(image).flatten(1))
            checks.recognise(f"torchvision resnet{depth}", state, "torchvision", len(state) - 2, {"depth": str(depth), "stem": "imagenet"})
            body = {k: v for k, v in state.items() if not k.startswith("fc.")}
            checks.recognise(f"MoCo resnet{depth}", {"arch": "resnet", "state_dict": {f"module.encoder_{e}.{k}": v for e in "kq" for k, v in state.items()}}, "moco",
                             len(body), {"depth": str(depth)})
            checks.recognise(f"SwAV resnet{depth}", {**{"module." + k: v for k, v in body.items()}, "module.projection_head.0.weight": torch.ones(2), "module.prototypes.weight": torch.ones(2)},
                             "swav", len(body))
            checks.recognise(f"SimSiam resnet{depth}", {"state_dict": {**{"module.encoder." + k: v for k, v in body.items()}, "module.predictor.0.weight": torch.ones(2, 2)}}, "simsiam", len(body))
            numbered = torch.nn.Sequential(*list(net.children())[:-1]).state_dict()
            checks.recognise(f"nn.Sequential resnet{depth}", {"backbone." + k: v for k, v in numbered.items()}, "numbered_resnet", len(body))
    except ImportError:
        print("skipped: torchvision is not there")
    try:
        import timm
        for name, options in {"vit_small_patch16_224": {"heads": 6, "patch": 16, "image_size": 224}, "vit_tiny_patch16_224": {"heads": 3}, "vit_small_patch14_dinov2": {"patch": 14, "image_size": 518},
                              "vit_small_patch14_reg4_dinov2": {"registers": 4}}.items():
            net = timm.create_model(name, pretrained=False).eval()
            shake(net)
            image = torch.randn(1, 3, options.get("image_size", 518 if "dinov2" in name else 224), options.get("image_size", 518 if "dinov2" in name else 224))
            checks.features(f"timm {name}", net.state_dict(), image, net.forward_features(image)[:, 0])
            checks.recognise(f"timm {name}", net.state_dict(), "timm_vit", 0, options)
    except ImportError:
        print("skipped: timm is not there")
    try:
        import transformers
        small = dict(hidden_size=384, num_hidden_layers=2, num_attention_heads=6, intermediate_size=1536)
        for name, layout, options in (("ViT", "hf_vit", {}), ("Dinov2", "hf_dinov2", {}), ("Dinov2WithRegisters", "hf_dinov2", {"registers": 4})):
            net = getattr(transformers, name + "Model")(getattr(transformers, name + "Config")(**{k: v for k, v in small.items() if name == "ViT" or k != "intermediate_size"}))
            shake(net.eval())
            image = torch.randn(1, 3, net.config.image_size, net.config.image_size)
            checks.features(f"transformers {name}", net.state_dict(), image, net(pixel_values=image).last_hidden_state[:, 0])
            checks.recognise(f"transformers {name}", net.state_dict(), layout, 0, {"heads": 6, "depth": 2, **options})
    except (ImportError, AttributeError):
        print("skipped: transformers is not there")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--bin", default=root / "build/release/bin", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = arguments.keep or pathlib.Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        checks = Checks(folder, arguments.bin / "selfsight-cli")
        print(f"torch {torch.__version__}, Python {sys.version.split()[0]}")
        for index, (name, value, expected, save, unread) in enumerate(cases()):
            if arguments.only and name not in arguments.only:
                continue
            path = folder / f"{index:02}.pth"
            try:
                torch.save(value, path, **save)
            except Exception as error:  # a form that this version does not write
                print(f"skipped: {name}: {str(error).splitlines()[0][:100]}")
                continue
            checks.compare(name, path, expected, unread)
        script = torch.jit.script(Net())
        script.save(folder / "script.pt")
        checks.compare("TorchScript", folder / "script.pt", script.state_dict(), ())
        if not arguments.only:
            networks(checks)
    print(f"{checks.counts['ok']} ok, {checks.counts['FAILED']} failed")
    return 1 if checks.counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
