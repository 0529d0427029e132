#!/usr/bin/env python3
"""Trains each method with `selfsight-cli` and with the modules of lightly (PyPI) and compares what a kNN makes of the features.

    tests/peers/lightly.py --data FOLDER [--methods simclr byol] [--seeds 1 2 3] [--out runs/lightly.jsonl] [--table]

FOLDER holds CIFAR-10 as {train,test}/CLASS/*.jpg. Both sides have the same images, initial weights (our checkpoint of step 0),
view recipe, optimiser, schedule, steps, batches, precision (fp32) and threads; what differs are the random numbers of views
and image order. Both sides' final backbones are judged by one and the same code: weighted kNN (k 20, T 0.07), bank all
training images, queries all test images.

Each finished (method, seed, side) is a line of --out; lines that are there are not computed again, so the whole can be
spread over several sittings, and --table only prints what is there. Exit code 1 when a method's means differ by more than a
point and by more than two standard errors, or when runs are missing.

lightly_losses.py compares the losses alone, exactly and within seconds.

Needs lightly, for which Debian's python3-torch and python3-torchvision suffice:
    python3 -m venv --system-site-packages DIR && DIR/bin/pip install --no-deps lightly
Says "skipped" where that is absent.
"""
import argparse
import copy
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from read_safetensors import read_safetensors

sys.path = [folder for folder in sys.path if pathlib.Path(folder or ".").resolve() != pathlib.Path(__file__).resolve().parent]

try:
    import numpy
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
    from PIL import Image
    from torchvision import transforms
    from torchvision.models.resnet import BasicBlock

    import lightly
    from lightly.loss import BarlowTwinsLoss, DINOLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss, VICRegLoss
    from lightly.models.modules import SwaVPrototypes, heads
    from lightly.models.utils import deactivate_requires_grad, update_momentum
    from lightly.utils.scheduler import cosine_schedule
except ImportError as error:
    print(f"skipped: {error.name} is not installed (python3-torchvision, and lightly from PyPI)")
    sys.exit(0)

SIZE, WIDTH = 28, 32           # pixels of a view, channels of the first layer
FEATURES = 8 * WIDTH
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]
MOMENTUM, DECAY = 0.9, 5e-4    # of SGD
STILL_STEPS = 20               # with a rate of 0, to compare losses
FROZEN_EPOCHS = 0.25           # of SwAV's prototypes and DINO's last layer: the runs are short

# Our options, as `selfsight-cli describe method.X` lists them, and the learning rate of both sides. All that lightly fixes
# otherwise than our defaults is said here; what it lacks is added in the classes below.
OURS = {
    "simclr": (0.06, {"temperature": 0.2, "hidden": 512, "output": 128}),
    # One batch norm over the whole batch, which makes shuffling void: lightly can shuffle but not part a batch on one device.
    "moco_v2": (0.06, {"temperature": 0.2, "hidden": 512, "output": 128, "queue_length": 4096, "momentum": 0.99, "batch_norm_groups": 1,
                       "shuffle": False}),
    "byol": (0.06, {"hidden": 1024, "predictor_hidden": 1024, "output": 256, "momentum": 0.99}),
    "simsiam": (0.06, {"hidden": 512, "output": 512, "predictor_hidden": 128}),
    "swav": (0.06, {"prototypes": 512, "hidden": 512, "output": 128, "freeze_prototypes_epochs": FROZEN_EPOCHS}),
    "dino": (0.06, {"outputs": 4096, "hidden": 1024, "bottleneck": 256, "momentum": 0.99, "freeze_last_layer_epochs": FROZEN_EPOCHS}),
    "barlow_twins": (0.06, {"off_diagonal_weight": 0.0051, "scale": 0.025, "hidden": 1024, "output": 1024}),
    # lightly takes the mean of the two variance terms, as the authors' code and our default do.
    "vicreg": (0.01, {"hidden": 1024, "output": 1024, "summed_variance": False}),
}


# --- lightly's side ------------------------------------------------------------------------------------------------------


class Backbone(nn.Module):
    """ResNet-10 of torchvision's blocks; the stem strides but doesn't pool. Parameters have torchvision's names."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(WIDTH)
        inputs = WIDTH
        for layer in range(4):
            outputs, stride, shortcut = WIDTH << layer, 1 if layer == 0 else 2, None
            if inputs != outputs:
                shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            setattr(self, f"layer{layer + 1}", nn.Sequential(BasicBlock(inputs, outputs, stride, shortcut)))
            inputs = outputs

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


def fill(module, tensors, prefix):
    """Gives a module our weights, all of them: what finds no place must be a bias that the batch norm behind it subtracts again."""
    ours = {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    missing, left = module.load_state_dict(ours, strict=False)
    left = [name for name in left if not (name.endswith(".bias") and f"{int(name.split('.')[0]) + 1}.running_mean" in ours)]
    if missing or left:
        sys.exit(f"the networks differ: lightly's {missing} and our {left} have no partner in {prefix[:-1]}")


def without_bias(head):
    """lightly's last layers have a bias where the papers (BYOL, Barlow Twins, VICReg) have none."""
    head.layers[-1].bias = None
    return head


def fixed_copy(*modules):
    copies = [copy.deepcopy(module) for module in modules]
    for module in copies:
        deactivate_requires_grad(module)
    return copies


class Peer(nn.Module):
    """A method out of lightly's modules. The trainer calls before(), loss(), after_backward(), the optimiser, after()."""

    def __init__(self, tensors, options, plan):
        super().__init__()
        self.options, self.plan = options, plan
        self.backbone = Backbone()
        fill(self.backbone, tensors, "method.backbone.")

    def head_of(self, head, tensors, prefix="method.head."):
        fill(head.layers, tensors, prefix)
        return head

    def momentum(self, step):
        """Half a cosine to 1, which only a further step would reach (lightly's schedule ends with the last step)."""
        return cosine_schedule(step, self.plan["steps"] + 1, self.options["momentum"], 1)

    def before(self, step):
        pass

    def after_backward(self, step):
        pass

    def after(self, step):
        pass

    def features(self):
        return self.backbone

    def groups(self):
        """No weight decay on biases and norms."""
        trained = [p for p in self.parameters() if p.requires_grad]
        return [{"params": [p for p in trained if p.dim() > 1]}, {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0}]


class SimCLR(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(heads.SimCLRProjectionHead(FEATURES, options["hidden"], options["output"]), tensors)
        self.head.layers[-1].bias.requires_grad_(False)  # the authors' last batch norm has no shift
        self.criterion = NTXentLoss(options["temperature"])

    def loss(self, x0, x1, step):
        return self.criterion(*self.head(self.backbone(torch.cat([x0, x1]))).chunk(2))  # batch norm sees both views, as theirs


class MoCo(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(heads.MoCoProjectionHead(FEATURES, options["hidden"], options["output"]), tensors)
        self.key_backbone, self.key_head = fixed_copy(self.backbone, self.head)
        self.criterion = NTXentLoss(options["temperature"], memory_bank_size=(options["queue_length"], options["output"]))
        self.criterion.memory_bank.bank = tensors["method.queue"].clone()

    def before(self, step):
        update_momentum(self.backbone, self.key_backbone, self.options["momentum"])
        update_momentum(self.head, self.key_head, self.options["momentum"])

    def loss(self, x0, x1, step):
        with torch.no_grad():
            keys = self.key_head(self.key_backbone(x1))
        return self.criterion(self.head(self.backbone(x0)), keys)


class BYOL(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(without_bias(heads.BYOLProjectionHead(FEATURES, options["hidden"], options["output"])), tensors)
        predictor = heads.BYOLPredictionHead(options["output"], options["predictor_hidden"], options["output"])
        self.predictor = self.head_of(without_bias(predictor), tensors, "method.predictor.")
        self.target_backbone, self.target_head = fixed_copy(self.backbone, self.head)
        self.criterion = NegativeCosineSimilarity()

    def loss(self, x0, x1, step):
        with torch.no_grad():
            z0, z1 = (self.target_head(self.target_backbone(x)) for x in (x0, x1))
        p0, p1 = (self.predictor(self.head(self.backbone(x))) for x in (x0, x1))
        return 4 + 2 * (self.criterion(p0, z1) + self.criterion(p1, z0))  # the paper's sum of squared distances

    def after(self, step):
        update_momentum(self.backbone, self.target_backbone, self.momentum(step))
        update_momentum(self.head, self.target_head, self.momentum(step))


class SimSiam(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(heads.SimSiamProjectionHead(FEATURES, options["hidden"], options["output"]), tensors)
        predictor = heads.SimSiamPredictionHead(options["output"], options["predictor_hidden"], options["output"])
        self.predictor = self.head_of(predictor, tensors, "method.predictor.")
        self.criterion = NegativeCosineSimilarity()

    def loss(self, x0, x1, step):
        z0, z1 = (self.head(self.backbone(x)) for x in (x0, x1))
        return (self.criterion(self.predictor(z0), z1.detach()) + self.criterion(self.predictor(z1), z0.detach())) / 2

    def groups(self):
        """The paper's: decay on everything, and a constant rate for the predictor."""
        return [{"params": list(self.backbone.parameters()) + list(self.head.parameters())},
                {"params": list(self.predictor.parameters()), "constant": True}]


class SwAV(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(heads.SwaVProjectionHead(FEATURES, options["hidden"], options["output"]), tensors)
        frozen = math.ceil(options["freeze_prototypes_epochs"] * plan["steps_per_epoch"])
        self.prototypes = SwaVPrototypes(options["output"], options["prototypes"], n_steps_frozen_prototypes=frozen)
        self.prototypes.heads[0].bias = None  # the paper's are directions; lightly gives each a bias
        fill(self.prototypes.heads[0], tensors, "method.prototypes.")
        self.criterion = SwaVLoss()

    def before(self, step):
        self.prototypes.normalize()

    def loss(self, x0, x1, step):
        z = F.normalize(self.head(self.backbone(torch.cat([x0, x1]))), dim=1)  # crops of one size together, as the authors
        return self.criterion(list(self.prototypes(z, step).chunk(2)), []).sum()


class DINO(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = heads.DINOProjectionHead(FEATURES, options["hidden"], options["bottleneck"], options["outputs"],
                                             freeze_last_layer=options["freeze_last_layer_epochs"])
        fill(self.head.layers, tensors, "method.head.mlp.")
        fill(self.head.last_layer, tensors, "method.head.last_layer.")
        # Its weight_norm keeps a product that deepcopy refuses, so the teacher's head is made anew.
        teacher = heads.DINOProjectionHead(FEATURES, options["hidden"], options["bottleneck"], options["outputs"])
        teacher.load_state_dict(self.head.state_dict())
        deactivate_requires_grad(teacher)
        self.teacher_head = teacher
        self.teacher_backbone, = fixed_copy(self.backbone)
        self.criterion = DINOLoss(options["outputs"], teacher_temp=0.04, warmup_teacher_temp_epochs=0)

    def loss(self, x0, x1, step):
        x = torch.cat([x0, x1])
        with torch.no_grad():
            teacher = self.teacher_head(self.teacher_backbone(x))
        return self.criterion(list(teacher.chunk(2)), list(self.head(self.backbone(x)).chunk(2)))  # moves the centre too

    def after_backward(self, step):
        for parameter in self.parameters():
            if parameter.grad is not None:
                nn.utils.clip_grad_norm_(parameter, 3.0)  # tensor by tensor, as the authors
        self.head.cancel_last_layer_gradients(step / self.plan["steps_per_epoch"])

    def after(self, step):
        update_momentum(self.backbone, self.teacher_backbone, self.momentum(step))
        update_momentum(self.head, self.teacher_head, self.momentum(step))

    def features(self):
        return self.teacher_backbone


class BarlowTwins(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(without_bias(heads.BarlowTwinsProjectionHead(FEATURES, options["hidden"], options["output"])), tensors)
        self.criterion = BarlowTwinsLoss(options["off_diagonal_weight"])

    def loss(self, x0, x1, step):
        return self.options["scale"] * self.criterion(*(self.head(self.backbone(x)) for x in (x0, x1)))  # scaled as the authors'


class VICReg(Peer):
    def __init__(self, tensors, options, plan):
        super().__init__(tensors, options, plan)
        self.head = self.head_of(without_bias(heads.VICRegProjectionHead(FEATURES, options["hidden"], options["output"])), tensors)
        self.criterion = VICRegLoss()

    def loss(self, x0, x1, step):
        return self.criterion(*(self.head(self.backbone(x)) for x in (x0, x1)))


PEERS = {"simclr": SimCLR, "moco_v2": MoCo, "byol": BYOL, "simsiam": SimSiam, "swav": SwAV, "dino": DINO, "barlow_twins": BarlowTwins,
         "vicreg": VICReg}


class Views(torch.utils.data.Dataset):
    """Two views of an image, as bytes: the recipe that experiment() writes for our side."""

    recipe = transforms.Compose([transforms.RandomResizedCrop(SIZE, (0.2, 1.0)), transforms.RandomHorizontalFlip(),
                                 transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], 0.8), transforms.RandomGrayscale(0.2)])

    def __init__(self, images):
        self.images = images

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = Image.fromarray(self.images[index])
        return numpy.stack([numpy.asarray(self.recipe(image)) for _ in range(2)])


def normalized(images):
    """(B, H, W, 3) bytes -> (B, 3, H, W) floats, channels last in memory."""
    return ((images.float() / 255 - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2)


def epochs(loader):
    while True:
        yield from loader


def train_peer(method, seed, tensors, images, plan, rate):
    torch.manual_seed(1000 + seed)
    options = OURS[method][1]
    peer = PEERS[method](tensors, options, plan).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(peer.groups(), lr=rate, momentum=MOMENTUM, weight_decay=DECAY)
    loader = torch.utils.data.DataLoader(Views(images), plan["batch"], shuffle=True, drop_last=True, num_workers=1, persistent_workers=True)
    losses = []
    for step, views in zip(range(plan["steps"]), epochs(loader)):
        for group in optimizer.param_groups:  # ours would reach 0 with a further step
            group["lr"] = rate if group.get("constant") else cosine_schedule(step, plan["steps"] + 1, rate, 0)
        peer.before(step)
        optimizer.zero_grad(set_to_none=True)
        loss = peer.loss(normalized(views[:, 0]), normalized(views[:, 1]), step)
        loss.backward()
        peer.after_backward(step)
        optimizer.step()
        peer.after(step)
        losses.append(loss.item())
    return peer.features(), losses


# --- our side --------------------------------------------------------------------------------------------------------------


def experiment(arguments, method, seed, rate):
    options = OURS[method][1]
    chain = [{"type": "random_resized_crop", "min_scale": 0.2}, {"type": "horizontal_flip"},
             {"type": "color_jitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1, "probability": 0.8},
             {"type": "grayscale", "probability": 0.2}, {"type": "normalize", "mean": MEAN, "std": STD}]
    sections = {"data": {"type": "cifar10", "path": str(pathlib.Path(arguments.data).resolve())},
                "backbone": {"type": "resnet", "depth": 10, "width": WIDTH, "stem": "strided"},
                "method": {"type": method, **options},
                "views": {"global": {"size": SIZE, "chain": chain}},
                "optimizer": {"type": "sgd", "lr": rate, "momentum": MOMENTUM, "weight_decay": DECAY},
                "train": {"steps": arguments.steps, "batch_size": arguments.batch, "seed": seed, "precision": "fp32", "device": "cpu"},
                "record": {"probe_budget": 0}}
    return json.dumps(sections, indent=1) + "\n"  # JSON is YAML too


def run_cli(arguments, method, seed, folder, steps, rate):
    """Trains and returns the result; the checkpoints lie in folder/run/checkpoints. The evaluation is ours here, not the program's."""
    file = folder / "experiment.yaml"
    file.write_text(experiment(arguments, method, seed, rate))
    command = [arguments.cli, "train", str(file), "--out", str(folder / "run"), "--steps", str(steps), "--json"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.stderr or result.stdout}")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    return next(event for event in events if event["event"] == "result")


def read_checkpoint(folder, step):
    return read_safetensors(folder / "run" / "checkpoints" / f"step_{step:08d}.safetensors")[0]


def our_features(method, tensors):
    backbone = Backbone()
    fill(backbone, tensors, "method.teacher_backbone." if method == "dino" else "method.backbone.")
    return backbone


# --- both sides ------------------------------------------------------------------------------------------------------------


class Data:
    """Decoded images, and the views that features are taken from."""

    def __init__(self, folder):
        self.images, self.labels, self.plain = {}, {}, {}
        classes = sorted(entry.name for entry in (folder / "train").iterdir())
        for part in ("train", "test"):
            files = [(file, label) for label, name in enumerate(classes) for file in sorted((folder / part / name).iterdir())]
            images = [Image.open(file).convert("RGB") for file, _ in files]
            self.images[part] = numpy.stack([numpy.asarray(image) for image in images])
            self.labels[part] = torch.tensor([label for _, label in files])
            self.plain[part] = torch.from_numpy(numpy.stack([numpy.asarray(transforms.functional.resize(image, SIZE)) for image in images]))

    @torch.no_grad()
    def rows(self, backbone, part):
        batches = self.plain[part].split(500)
        return F.normalize(torch.cat([backbone(normalized(batch)) for batch in batches]), dim=1)

    def knn(self, backbone, neighbours=20, temperature=0.07):
        """Top-1 in per cent of the weighted kNN of Wu et al., CVPR 2018."""
        backbone.to(memory_format=torch.channels_last).eval()
        bank, queries = self.rows(backbone, "train"), self.rows(backbone, "test")
        right = 0
        for rows, labels in zip(queries.split(500), self.labels["test"].split(500)):
            cosine, nearest = rows.mm(bank.t()).topk(neighbours)
            votes = torch.zeros(len(rows), 10).scatter_add_(1, self.labels["train"][nearest], (cosine / temperature).exp())
            right += (votes.argmax(1) == labels).sum().item()
        return 100 * right / len(queries)


def settings(arguments, method):
    """What a row depends on beside seed and side."""
    rate, options = OURS[method]
    return {"steps": arguments.steps, "batch": arguments.batch, "lr": rate, "options": options}


def compute(arguments, method, seed, side, data):
    rate = OURS[method][0]
    images, size = data.images["train"], len(data.labels["train"])
    plan = {"steps": arguments.steps, "steps_per_epoch": size // arguments.batch, "batch": arguments.batch}
    row = {"method": method, "seed": seed, "side": side}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        if side == "ours":
            begin = time.perf_counter()
            row["loss"] = run_cli(arguments, method, seed, folder, arguments.steps, rate)["loss"]
            backbone = our_features(method, read_checkpoint(folder, arguments.steps))
        else:
            # Weights depend on the seed alone. Steps that change nothing: both sides' losses must agree but for the views drawn.
            still = {"ours": run_cli(arguments, method, seed, folder, STILL_STEPS, 0)["loss"]}
            tensors = read_checkpoint(folder, 0)
            losses = train_peer(method, seed, tensors, images, plan | {"steps": STILL_STEPS}, 0)[1]
            still |= {"lightly": statistics.mean(losses), "deviation": statistics.stdev(losses)}
            row |= {"still": still, "untrained": round(data.knn(our_features(method, tensors)), 2)}
            begin = time.perf_counter()
            backbone, losses = train_peer(method, seed, tensors, images, plan, rate)
            row |= {"loss": statistics.mean(losses[-20:]), "lightly": lightly.__version__, "torch": torch.__version__}
    row |= {"seconds": round(time.perf_counter() - begin, 1), "knn": round(data.knn(backbone), 2)}
    return row | settings(arguments, method)


def read_rows(arguments):
    path = pathlib.Path(arguments.out)
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    for row in rows:
        wanted = settings(arguments, row["method"])
        if any(row[key] != value for key, value in wanted.items()):
            sys.exit(f"{path}: {row['method']}, seed {row['seed']} was trained with other settings than {wanted}; name another --out")
    return {(row["method"], row["seed"], row["side"]): row for row in rows}


def table(arguments, rows):
    """Prints what is there; True when every method has all its seeds and agrees."""
    def cell(values):
        return f"{statistics.mean(values):6.2f} ± {error(values):4.2f}"

    def error(values):
        return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0

    print(f"{'method':14}{'seeds':>6}{'untrained':>11}{'ours':>16}{'lightly':>16}{'difference':>12}{'allowed':>9}  agree")
    agreed = True
    for method in arguments.methods:
        seeds = [seed for seed in arguments.seeds if (method, seed, "ours") in rows and (method, seed, "lightly") in rows]
        complete = len(seeds) == len(arguments.seeds)
        agreed = agreed and complete
        if not seeds:
            print(f"{method:14}{0:6}  not run")
            continue
        ours, theirs = ([rows[method, seed, side]["knn"] for seed in seeds] for side in ("ours", "lightly"))
        untrained = statistics.mean(rows[method, seed, "lightly"]["untrained"] for seed in seeds)
        difference = statistics.mean(ours) - statistics.mean(theirs)
        allowed = max(1.0, 2 * math.hypot(error(ours), error(theirs)))
        agrees = abs(difference) <= allowed
        agreed = agreed and agrees
        print(f"{method:14}{len(seeds):6}{untrained:11.2f}{cell(ours):>16}{cell(theirs):>16}{difference:+12.2f}{allowed:9.2f}  "
              f"{'yes' if agrees else 'no'}{'' if complete else ' so far'}")
    return agreed


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default=str(root / "build/release/bin/selfsight-cli"))
    parser.add_argument("--data", help="folder of train/CLASS and test/CLASS images")
    parser.add_argument("--methods", nargs="+", choices=sorted(PEERS), default=list(PEERS), metavar="METHOD")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--sides", nargs="+", choices=["ours", "lightly"], default=["ours", "lightly"])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--out", default="runs/lightly.jsonl", help="JSON lines, one a finished run; appended to")
    parser.add_argument("--table", action="store_true", help="only print what --out holds")
    arguments = parser.parse_args()

    rows = read_rows(arguments)
    wanted = [(method, seed, side) for method in arguments.methods for seed in arguments.seeds for side in arguments.sides]
    missing = [] if arguments.table else [key for key in wanted if key not in rows]
    if missing:
        if not arguments.data or not (pathlib.Path(arguments.data) / "train").is_dir():
            sys.exit("--data: name a folder that holds train/CLASS and test/CLASS images of CIFAR-10")
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        data = Data(pathlib.Path(arguments.data))
        pathlib.Path(arguments.out).parent.mkdir(parents=True, exist_ok=True)
    for method, seed, side in missing:
        row = compute(arguments, method, seed, side, data)
        rows[method, seed, side] = row
        with open(arguments.out, "a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), file=sys.stderr, flush=True)
    sys.exit(0 if table(arguments, rows) else 1)


if __name__ == "__main__":
    main()
