#!/usr/bin/env python3
"""Runs lightly's losses on the reference cases that `selfsight-cli verify tests/golden` runs ours on: values and gradients.

    tests/peers/lightly_losses.py [--cases tests/golden]

Each loss is called as tests/peers/lightly.py calls it. Takes seconds and trains nothing; exit code 1 when a case differs by more
than the case's own tolerance. Says "skipped" where lightly is absent (see lightly.py).
"""
import argparse
import pathlib
import re
import sys

from read_safetensors import read_safetensors

here = pathlib.Path(__file__).resolve().parent
sys.path = [folder for folder in sys.path if pathlib.Path(folder or ".").resolve() != here]  # lightly.py beside this hides the package

try:
    import torch
    from lightly.loss import BarlowTwinsLoss, DINOLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss, VICRegLoss
except ImportError as error:
    print(f"skipped: {error.name} is not installed (python3-torchvision, and lightly from PyPI)")
    sys.exit(0)


def nt_xent(x, number):
    return NTXentLoss(number("temperature"))(x["z1"], x["z2"]), {}


def info_nce_queue(x, number):
    criterion = NTXentLoss(number("temperature"), memory_bank_size=tuple(x["queue"].shape))
    criterion.memory_bank.bank, criterion.memory_bank.bank_ptr[0] = x["queue"].clone(), int(number("ptr"))
    loss = criterion(x["q"], x["k"])
    return loss, {"queue_after": criterion.memory_bank.bank, "ptr_after": criterion.memory_bank.bank_ptr}


def neg_cosine(x, number):
    criterion = NegativeCosineSimilarity()
    return (criterion(x["p1"], x["z2"]) + criterion(x["p2"], x["z1"])) / 2, {}


def byol(x, number):
    return 4 + 4 * neg_cosine(x, number)[0], {}


def swav(x, number):
    criterion = SwaVLoss(number("temperature"), int(number("iterations")), number("epsilon"))
    low = [x[f"low{i}"] for i in range(int(number("n_low")))]
    queue = [x["queue0"], x["queue1"]] if number("queue_len") else None
    return criterion([x["high0"], x["high1"]], low, queue).sum(), {}


def dino_loss(x, number):
    criterion = DINOLoss(x["center"].shape[1], number("warmup_teacher_temp"), number("teacher_temp"), int(number("warmup_teacher_temp_epochs")),
                         number("student_temp"), number("center_momentum"))
    criterion.center = x["center"].view(1, 1, -1)
    loss = criterion(list(x["teacher"].chunk(2)), list(x["student"].chunk(int(number("ncrops")))), epoch=int(number("epoch")))
    return loss, {"center_after": criterion.center.view(1, -1)}


def barlow_twins(x, number):
    return BarlowTwinsLoss(number("lambda"))(x["z1"], x["z2"]), {}


def vicreg(x, number):
    return VICRegLoss(number("lambda_inv"), number("mu_var"), number("nu_cov"), eps=number("eps"))(x["z1"], x["z2"]), {}


LOSSES = {loss.__name__: loss for loss in (nt_xent, info_nce_queue, neg_cosine, byol, swav, dino_loss, barlow_twins, vicreg)}


def differences(loss_of, tensors, metadata):
    """Each result and its largest difference as a share of what the case allows: above 1 it fails."""
    leaves = {name[3:]: tensor for name, tensor in tensors.items() if name.startswith("in.")}
    wanted = [name[9:] for name in tensors if name.startswith("out.grad.")]
    for name in wanted:
        leaves[name].requires_grad_()
    loss, results = loss_of(leaves, lambda name: float(metadata[f"hp.{name}"]))
    loss.backward()
    results |= {"loss": loss.detach().view(1)} | {f"grad.{name}": leaves[name].grad for name in wanted}
    relative, absolute = (float(re.search(f"{kind}=([0-9.e+-]+)", metadata["tolerance"]).group(1)) for kind in ("rtol", "atol"))
    shares = {}
    for name, got in results.items():
        expected = tensors[f"out.{name}"].double()
        share = ((got.double() - expected).abs().max() / (absolute + relative * expected.abs().max())).item()
        shares[name] = share if share == share else float("inf")
    return shares


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=str(here.parent / "golden"))
    arguments = parser.parse_args()
    failed = 0
    for path in sorted(pathlib.Path(arguments.cases).glob("*.safetensors")):
        tensors, metadata = read_safetensors(path)
        if metadata.get("kind") not in LOSSES:
            continue
        shares = differences(LOSSES[metadata["kind"]], tensors, metadata)
        worst = max(shares, key=shares.get)
        failed += shares[worst] > 1
        print(f"{'ok  ' if shares[worst] <= 1 else 'FAIL'} {path.stem:20} {len(shares):2} results, worst {worst}: {shares[worst]:.3f} of the tolerance")
    print(f"{failed} of lightly's losses differ from the reference" if failed else "lightly's losses equal the reference")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
