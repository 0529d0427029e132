#!/usr/bin/env python3
"""Opens what `selfsight-cli export` and `selfsight --report` write with the programs it is written for.

    tests/peers/exports.py [--bin build/release/bin] [--keep FOLDER] [--only NAME]...

It trains a few small runs (a minute or two), exports each to every format, and checks
  safetensors  with the safetensors package: the tensors of the checkpoint, bit for bit, and the metadata
  pt           with torch.load(weights_only=True): the same tensors in an OrderedDict
  torchvision  its ResNet-18 takes the weights (all but fc) and computes the same features
  timm         its vision transformer takes the weights, all of them, and computes the same features
  torchscript  with torch.jit.load: the same names, any batch size, and on Fashion-MNIST the very features that the projector's
               table holds, from the images' bytes and the mean and deviation in the metadata
  tensorboard  with its own reader and its own server: scalars against the tables, histograms, images, text, hyperparameters and
               the projector
  csv          with Python's reader
  report       with an HTML parser: nothing is fetched, and every picture is inside
Prints one line a check, "ok", "FAILED" or "skipped: ..." where a package is absent, and the counts; exit 1 when a check failed.

Packages come from a throw-away environment. With Debian's own PyTorch (python3-torch, python3-torchvision):
    /usr/bin/python3 -m venv --system-site-packages /tmp/peers && /tmp/peers/bin/pip install safetensors tensorboard
    /tmp/peers/bin/python tests/peers/exports.py
with the newest:
    python3 -m venv /tmp/newest && /tmp/newest/bin/pip install torch torchvision safetensors tensorboard timm
"""

import argparse
import csv
import functools
import gzip
import html.parser
import importlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import warnings

warnings.filterwarnings("ignore", category=FutureWarning)  # of torch.jit, which goes on working
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from read_safetensors import read_safetensors  # noqa: E402

TINY = ["--set", "train.batch_size=16", "--set", "record.knn_bank=64", "--set", "record.knn_queries=32", "--device", "cpu"]
WIDE = ["--set", "backbone.width=8"]
SHAPES = ["--set", "data.type=shapes"]
# name: preset, further options. ResNets of every kind, transformers, several networks, signals.
RUNS = {
    "fashion": ("simclr_fashion_mnist", WIDE),
    "resnet": ("simclr_shapes", ["--set", "backbone.width=64", "--set", "backbone.stem=imagenet"]),
    "vit": ("dino_vit_cifar10", SHAPES + ["--set", "backbone.dim=48", "--set", "backbone.depth=3", "--set", "backbone.heads=3"]),
    "group_norm": ("byol_gn_ws_fashion_mnist", SHAPES + WIDE),
    "selective": ("simclr_v2_fashion_mnist", SHAPES + WIDE),
    "mean_pool": ("mae_fashion_mnist", SHAPES),
    "two_networks": ("cmc_fashion_mnist", SHAPES + WIDE),
    "patches": ("cpc_fashion_mnist", SHAPES + WIDE),
    "sound": ("cpc_sequence_tones", []),
}
STEPS = 4


class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, passed, detail=""):
        self.passed += passed
        self.failed += not passed
        print(f"{'ok' if passed else 'FAILED':8} {name}{': ' if detail else ''}{detail}", flush=True)

    def skip(self, name, reason):
        self.skipped += 1
        print(f"{'skipped:':8} {name}: {reason}", flush=True)


def package(name):
    try:
        return importlib.import_module(name)
    except Exception:  # broken installations too
        return None


def difference(ours, theirs):
    """The largest one, and whether it is within rounding: 1e-5 of the largest number, or of 1."""
    error = (ours - theirs).abs().max().item()
    largest = theirs.abs().max().item()
    return error <= 1e-5 * max(1, largest), f"largest difference {error:.2g}, largest feature {largest:.3g}"


class Exports:
    """The exports of one run, made when asked for."""

    def __init__(self, cli, run):
        self.cli, self.run = cli, run
        self.result = {}

    def path(self, form, *options):
        key = (form,) + options
        if key not in self.result:
            suffix = {"safetensors": ".safetensors", "pt": ".pt", "torchscript": ".ts"}.get(form, "")
            out = self.run.parent / (self.run.name + "_" + "_".join(word.strip("-") for word in key) + suffix)
            command = [str(self.cli), "export", str(self.run), "--to", form, "--out", str(out), "--json", *options]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            self.result[key] = json.loads(lines[-1])
        return pathlib.Path(self.result[key]["path"])


def checkpoint_of(run):
    return read_safetensors(sorted((run / "checkpoints").glob("step_*.safetensors"))[-1])[0]


def check_weights(report, name, exports, torch):
    weights, metadata = read_safetensors(exports.path("safetensors"))
    stored = checkpoint_of(exports.run)

    def same(tensors, part):
        """Each exported tensor is one of the checkpoint's, bit for bit."""
        prefixes = [""] if part == "all" else ["backbone.", "teacher_backbone.", ""]
        for key, tensor in tensors.items():
            found = [stored["method." + p + key] for p in prefixes if "method." + p + key in stored]
            if not any(torch.equal(tensor, candidate) for candidate in found):
                return False
        return len(tensors) > 0

    safetensors = package("safetensors.torch")
    if safetensors:
        from safetensors import safe_open

        loaded = safetensors.load_file(exports.path("safetensors"))
        everything = safetensors.load_file(exports.path("safetensors", "--what", "all"))
        with safe_open(exports.path("safetensors"), "pt") as file:
            facts = file.metadata()
        report.check(
            f"{name}: safetensors, the encoder's {len(loaded)} tensors are the checkpoint's",
            same(loaded, "encoder") and loaded.keys() == weights.keys(),
        )
        report.check(
            f"{name}: safetensors, all {len(everything)} tensors are the checkpoint's",
            same(everything, "all") and len(everything) == sum(key.startswith("method.") for key in stored),
        )
        report.check(
            f"{name}: safetensors, the metadata",
            {"method", "backbone", "step", "experiment"} <= facts.keys() and facts["step"] == str(STEPS),
            facts["method"],
        )
    else:
        report.skip(f"{name}: safetensors", "the package is absent")

    loaded = torch.load(exports.path("pt"), weights_only=True)
    report.check(
        f"{name}: torch.load(weights_only=True)",
        type(loaded).__name__ == "OrderedDict"
        and loaded.keys() == weights.keys()
        and all(torch.equal(loaded[key], weights[key]) for key in weights),
        f"{len(loaded)} tensors, torch {torch.__version__}",
    )
    loaded = torch.load(exports.path("pt", "--what", "all"), weights_only=True, map_location="cpu")
    report.check(f"{name}: torch.load of all tensors", same(loaded, "all"))
    return weights, metadata


def check_script(report, name, exports, weights, metadata, torch):
    extra = {"selfsight.json": ""}
    script = torch.jit.load(exports.path("torchscript"), _extra_files=extra)
    report.check(
        f"{name}: torchscript, names and values are those of the weights",
        script.state_dict().keys() == weights.keys()
        and all(torch.equal(script.state_dict()[key], weights[key]) for key in weights),
    )
    report.check(f"{name}: torchscript, the note inside", json.loads(extra["selfsight.json"])["method"] == metadata["method"])
    size = int(metadata["view_size"])
    sample = (1, 1, size) if metadata["backbone"] == "conv1d" else (3, size, size)
    torch.manual_seed(1)
    images = torch.randn(7, *sample)
    with torch.no_grad():
        together = script(images)
        alone = torch.cat([script(image[None]) for image in images])
        report.check(f"{name}: torchscript, batches of 7 and of 1 agree", *difference(alone, together))
        report.check(f"{name}: torchscript, one row an image", len(together.shape) == 2 and len(together) == 7, f"{tuple(together.shape)}")
        script.train()
        script.eval()
        report.check(f"{name}: torchscript, again after train() and eval()", torch.equal(script(images), together))
    return script, images, together


def check_torchvision(report, name, weights, images, features, torch):
    torchvision = package("torchvision")
    if not torchvision:
        return report.skip(f"{name}: torchvision", "the package is absent")
    model = torchvision.models.resnet18()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    report.check(
        f"{name}: torchvision's ResNet-18 takes the weights", list(missing) == ["fc.weight", "fc.bias"] and not unexpected
    )
    model.fc = torch.nn.Identity()
    with torch.no_grad():
        report.check(f"{name}: torchvision computes the same features", *difference(features, model.eval()(images)))


def check_timm(report, name, weights, images, features, torch):
    timm = package("timm.models.vision_transformer")
    if not timm:
        return report.skip(f"{name}: timm", "the package is absent")
    dim = weights["cls_token"].shape[2]
    depth = 1 + max(int(key.split(".")[1]) for key in weights if key.startswith("blocks."))
    model = timm.VisionTransformer(
        img_size=images.shape[2],
        patch_size=weights["patch_embed.proj.weight"].shape[2],
        embed_dim=dim,
        depth=depth,
        num_heads=3,
        num_classes=0,
        norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6),
    )
    report.check(f"{name}: timm's transformer takes the weights", not any(model.load_state_dict(weights, strict=False)))
    with torch.no_grad():
        report.check(f"{name}: timm computes the same features", *difference(features, model.eval()(images)))


def idx_images(torch):
    """Fashion-MNIST's test images as Debian packages them, (N, 28, 28) bytes."""
    path = pathlib.Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
    if not path.exists():
        return None
    with gzip.open(path) as file:
        return torch.frombuffer(bytearray(file.read()[16:]), dtype=torch.uint8).view(-1, 28, 28)


def check_features(report, name, exports, script, metadata, torch):
    """Images' bytes, the metadata's normalisation and TorchScript in Python give what this program computed of the same images."""
    pixels = idx_images(torch)
    if pixels is None:
        return report.skip(f"{name}: features", "dataset-fashion-mnist is not installed")
    folder = exports.path("tensorboard")
    with open(folder / "metadata.tsv") as file:
        indices = [int(row["index"]) for row in csv.DictReader(file, delimiter="\t")][:512]
    with open(folder / "tensors.tsv") as file:
        ours = torch.tensor([[float(x) for x in line.split("\t")] for line, _ in zip(file, indices)])
    mean, deviation = (torch.tensor(json.loads(metadata[key])).view(3, 1, 1) for key in ("mean", "std"))
    images = (pixels[indices][:, None].expand(-1, 3, -1, -1).float() / 255 - mean) / deviation
    with torch.no_grad():
        report.check(f"{name}: torchscript in Python gives this program's features", *difference(ours, script(images)))


def check_tables(report, name, exports):
    with open(exports.path("csv") / "steps.csv", newline="") as file:
        steps = list(csv.DictReader(file))
    with open(exports.path("csv") / "run.csv", newline="") as file:
        facts = {row["fact"]: row["value"] for row in csv.DictReader(file)}
    with open(exports.path("csv") / "gradient_norms.csv", newline="") as file:
        norms = list(csv.DictReader(file))
    with open(exports.path("csv") / "probes.csv", newline="") as file:
        probes = list(csv.DictReader(file))
    report.check(
        f"{name}: csv",
        len(steps) == len(norms) == STEPS
        and [int(row["step"]) for row in steps] == list(range(1, STEPS + 1))
        and facts["state"] == "finished"
        and all(float(row["total"]) == float(row["total"]) for row in steps),
        f"{len(steps)} steps, {len(steps[0])} columns, {len(norms[0]) - 1} layers, {len(probes)} figures, {len(facts)} facts",
    )
    return steps, probes


def check_events(report, name, exports, steps, probes):
    reader = package("tensorboard.backend.event_processing.event_accumulator")
    if not reader:
        return report.skip(f"{name}: tensorboard", "the package is absent")
    folder = exports.path("tensorboard")
    events = reader.EventAccumulator(
        str(folder), size_guidance={reader.SCALARS: 0, reader.HISTOGRAMS: 0, reader.IMAGES: 0, reader.TENSORS: 0}
    )
    events.Reload()
    tags = events.Tags()
    terms = [column for column in steps[0] if column not in ("step", "epoch", "batch", "wall_seconds", "learning_rate")]
    curves = [("train/" + term, term) for term in terms] + [("train/learning_rate", "learning_rate"), ("train/epoch", "epoch")]
    right = all(
        [(e.step, e.value) for e in events.Scalars(tag)] == [(int(row["step"]), float32(row[column])) for row in steps]
        for tag, column in curves
    )
    report.check(f"{name}: tensorboard, {len(curves)} curves of {STEPS} steps are the table's", right)
    found = sum(len(events.Scalars(tag)) for tag in tags["scalars"] if tag.startswith("probes/"))
    report.check(f"{name}: tensorboard, probe figures", found == len(probes), f"{found}")
    histograms = [events.Histograms(tag) for tag in tags["histograms"]]
    report.check(
        f"{name}: tensorboard, histograms",
        len(events.Histograms("gradient_norms/layers")) == STEPS
        and any(tag.startswith("weights/") for tag in tags["histograms"])
        and all(abs(sum(h.histogram_value.bucket) - h.histogram_value.num) < 1e-6 for series in histograms for h in series),
        f"{len(histograms)} tags, {sum(map(len, histograms))} histograms",
    )
    if "views" in tags["images"]:
        image = events.Images("views")[0]
        size = (
            int.from_bytes(image.encoded_image_string[16:20], "big"),
            int.from_bytes(image.encoded_image_string[20:24], "big"),
        )
        report.check(
            f"{name}: tensorboard, the grid of views",
            image.encoded_image_string[:4] == b"\x89PNG" and size == (image.width, image.height),
            f"{size[0]} x {size[1]}",
        )
    text = events.Tensors("experiment")[0].tensor_proto.string_val[0].decode()
    report.check(f"{name}: tensorboard, the experiment as text", text.startswith("```yaml") and "method:" in text)

    from tensorboard.plugins.hparams import metadata as hparams

    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    values = hparams.parse_session_start_info_plugin_data(content).hparams
    ended = hparams.parse_session_end_info_plugin_data(events.SummaryMetadata("_hparams_/session_end_info").plugin_data.content)
    report.check(
        f"{name}: tensorboard, hyperparameters",
        values["train.batch_size"].number_value == 16 and ended.status == 1,
        f"{len(values)} of them",
    )


def float32(text):
    import numpy

    return float(numpy.float32(text))


def check_server(report, name, log_folder):
    """TensorBoard itself serves the folders and is asked what its pages ask."""
    program = package("tensorboard.program")
    if not program:
        return report.skip(f"{name}: tensorboard's server", "the package is absent")
    board = program.TensorBoard()
    board.configure(argv=[None, "--logdir", str(log_folder), "--port", "0", "--load_fast", "false"])
    address = board.launch().rstrip("/")

    def ask(path, **query):
        with urllib.request.urlopen(
            address + "/data/" + path + ("?" + urllib.parse.urlencode(query) if query else ""), timeout=120
        ) as answer:
            return answer.read()

    runs = json.loads(ask("runs"))
    report.check(f"{name}: tensorboard's server lists the runs", len(runs) == len(list(log_folder.iterdir())), ", ".join(runs))
    run = runs[0]
    scalars = json.loads(ask("plugin/scalars/tags"))
    report.check(
        f"{name}: server, scalars",
        "train/total" in scalars[run] and len(json.loads(ask("plugin/scalars/scalars", run=run, tag="train/total"))) == STEPS,
    )
    histograms = json.loads(ask("plugin/histograms/tags"))
    report.check(
        f"{name}: server, histograms",
        len(json.loads(ask("plugin/histograms/histograms", run=run, tag="gradient_norms/layers"))) == STEPS,
        f"{len(histograms[run])} tags",
    )
    images = json.loads(ask("plugin/images/tags"))
    report.check(f"{name}: server, images", "views" in images[run])
    text = json.loads(ask("plugin/text/tags"))
    report.check(f"{name}: server, text", "experiment" in text[run])
    sessions = urllib.request.Request(
        address + "/data/plugin/hparams/session_groups",
        json.dumps(
            {"experimentName": "", "allowedStatuses": ["STATUS_SUCCESS"], "colParams": [], "startIndex": 0, "sliceSize": 10}
        ).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(sessions, timeout=120) as answer:
        groups = json.loads(answer.read())
    report.check(
        f"{name}: server, hyperparameters",
        len(groups["sessionGroups"]) == len(runs),
        f"{len(groups['sessionGroups'][0]['hparams'])} of a run",
    )
    projected = json.loads(ask("plugin/projector/runs"))
    info = json.loads(ask("plugin/projector/info", run=run))
    embedding = info["embeddings"][0]
    tensor = ask("plugin/projector/tensor", run=run, name=embedding["tensorName"])
    labels = ask("plugin/projector/metadata", run=run, name=embedding["tensorName"]).decode().splitlines()
    sprite = ask("plugin/projector/sprite_image", run=run, name=embedding["tensorName"])
    points, size = embedding["tensorShape"]
    report.check(
        f"{name}: server, projector",
        run in projected and len(tensor) == 4 * points * size and len(labels) == points + 1 and sprite[:4] == b"\x89PNG",
        f"{points} points of {size} numbers, sprite of {embedding['sprite']['singleImageDim']} pixels",
    )


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.pictures, self.fetched, self.pictures_of = [], [], {}

    def handle_starttag(self, tag, attributes):
        for key, value in attributes:
            if key not in ("src", "srcset", "href"):
                continue
            inside = value.startswith("data:image/png;base64,")
            (self.pictures if inside else self.fetched).append(value)
            self.pictures_of[tag] = self.pictures_of.get(tag, 0) + inside


def check_report(report, name, program, run):
    if not program.exists():
        return report.skip(f"{name}: report", f"{program} is not built")
    out = run.parent / (run.name + "_report")
    subprocess.run([str(program), "--report", str(run), "--out", str(out)], check=True, capture_output=True)
    text = (out / "index.html").read_text()
    page = Page()
    page.feed(text)
    panels = len(list(out.glob("*.png")))
    report.check(
        f"{name}: report",
        not page.fetched
        and 0 < len(page.pictures) <= 2 * panels  # a plot without curves is left out
        and page.pictures_of == {"source": len(page.pictures) // 2, "img": len(page.pictures) // 2}
        and "prefers-color-scheme: dark" in text
        and "<script" not in text
        and "@import" not in text
        and "url(" not in text,
        f"{len(page.pictures) // 2} of {panels} panels, light and dark, {len(text) / 1e6:.2f} MB, nothing fetched",
    )


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=root / "build/release/bin")
    parser.add_argument("--keep", type=pathlib.Path, help="make the runs and exports here and leave them")
    parser.add_argument("--only", action="append", choices=list(RUNS), help="of these runs alone")
    arguments = parser.parse_args()
    torch = package("torch")
    if not torch or not package("numpy"):
        print("skipped: torch or numpy is not installed")
        return 0

    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.keep or pathlib.Path(temporary)).resolve()
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        for name in arguments.only or RUNS:
            preset, options = RUNS[name]
            run = folder / name
            command = [
                str(arguments.bin / "selfsight-cli"),
                "train",
                preset,
                "--out",
                str(run),
                "--steps",
                str(STEPS),
                *TINY,
                *options,
            ]
            subprocess.run(command, check=True, capture_output=True)
            exports = Exports(arguments.bin / "selfsight-cli", run)
            weights, metadata = check_weights(report, name, exports, torch)
            script, images, features = check_script(report, name, exports, weights, metadata, torch)
            if name == "resnet":
                check_torchvision(report, name, weights, images, features, torch)
            if name == "vit":
                check_timm(report, name, weights, images, features, torch)
            steps, probes = check_tables(report, name, exports)
            check_events(report, name, exports, steps, probes)
            if name == "fashion":
                check_features(report, name, exports, script, metadata, torch)
            if name in ("fashion", "vit"):
                shutil.copytree(exports.path("tensorboard"), folder / "logs" / name)
                check_report(report, name, arguments.bin / "selfsight", run)
        if any((folder / "logs").iterdir()):
            check_server(report, "logs", folder / "logs")
    print(f"{report.passed} passed, {report.failed} failed, {report.skipped} skipped")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
