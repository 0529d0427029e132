#!/usr/bin/env python3
"""Times SimCLR's chain of `selfsight-cli bench augment` against torchvision on one core.

    tests/peers/augment.py [--cli build/release/bin/selfsight-cli] [--images FOLDER] [--seconds 5] [--rounds 3]

Three peers: torchvision on PIL images, the same with PIL's own (box filter) blur, and torchvision on byte tensors. All start
from decoded images and end with normalised floats. The programs take turns, never at once; the ratio is that of the medians,
against the fastest peer. Prints one JSON line a size. Says "skipped" where Python's packages are absent.
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import time

try:
    import numpy
    import torch
    import torchvision
    from PIL import Image, ImageFilter
    from torchvision import transforms
except ImportError as error:
    print(f"skipped: {error.name} is not installed (python3-torchvision, python3-pil)")
    sys.exit(0)

SUFFIXES = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".webp"}


class PilBlur:
    def __call__(self, image):
        return image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))


def chain(size, blur, jitter, kind):
    kernel = max(3, size // 10 // 2 * 2 + 1)
    blurring = PilBlur() if kind == "pil_blur" else transforms.GaussianBlur(kernel, (0.1, 2.0))
    s = jitter
    steps = [transforms.RandomResizedCrop(size, (0.08, 1.0)), transforms.RandomHorizontalFlip(),
             transforms.RandomApply([transforms.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s)], 0.8),
             transforms.RandomGrayscale(0.2), transforms.RandomApply([blurring], blur)]
    steps.append(transforms.ConvertImageDtype(torch.float32) if kind == "tensor" else transforms.ToTensor())
    return transforms.Compose(steps + [transforms.Normalize([0.5] * 3, [0.25] * 3)])


def drawn(width, height, seed):
    """As the program draws its synthetic images: slopes and noise."""
    noise = numpy.random.default_rng(seed).integers(0, 32, (height, width, 3))
    y, x, c = numpy.meshgrid(range(height), range(width), range(3), indexing="ij")
    return Image.fromarray(((x * (1 + c) + 2 * y + 16 * seed + noise) % 256).astype(numpy.uint8))


def pictures(arguments, size):
    if arguments.images:
        files = sorted(f for f in pathlib.Path(arguments.images).rglob("*") if f.suffix.lower() in SUFFIXES)[:256]
        return [Image.open(f).convert("RGB") for f in files]
    side = (size, size) if size <= 64 else (500, 375)
    return [drawn(*side, seed) for seed in range(32)]


def views_per_second(transform, images, seconds):
    for image in images[:4]:
        transform(image)
    count, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        transform(images[count // 2 % len(images)])
        count += 1
    return count / (time.perf_counter() - begin)


def ours(arguments, size):
    command = [arguments.cli, "bench", "augment", "--size", str(size), "--json"]
    command += ["--blur", str(arguments.blur), "--jitter", str(arguments.jitter)]
    command += ["--images", arguments.images] if arguments.images else []
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])["value"]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default=str(root / "build/release/bin/selfsight-cli"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[32, 224])
    parser.add_argument("--images", default="")
    parser.add_argument("--blur", type=float, default=0.5)
    parser.add_argument("--jitter", type=float, default=0.5)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(1)
    random.seed(1)
    for size in arguments.sizes:
        images = pictures(arguments, size)
        tensors = [transforms.functional.pil_to_tensor(image) for image in images]
        rates = {"selfsight": [], "torchvision": [], "pil_blur": [], "tensor": []}
        for _ in range(arguments.rounds):
            rates["selfsight"].append(ours(arguments, size))
            for kind in ("torchvision", "pil_blur", "tensor"):
                transform = chain(size, arguments.blur, arguments.jitter, kind)
                rates[kind].append(views_per_second(transform, tensors if kind == "tensor" else images, arguments.seconds))
        medians = {name: round(statistics.median(values), 1) for name, values in rates.items()}
        fastest = max(value for name, value in medians.items() if name != "selfsight")
        print(json.dumps({"comparison": f"SimCLR views of {size} pixels, one core, without decoding",
                          "ratio": round(medians["selfsight"] / fastest, 2), **medians, "unit": "views/s",
                          "images": arguments.images or "synthetic", "blur": arguments.blur, "jitter": arguments.jitter,
                          "torchvision_version": torchvision.__version__, "rounds": arguments.rounds}), flush=True)


if __name__ == "__main__":
    main()
