#!/usr/bin/env python3
"""Writes further reference cases in the layout of tests/golden/README.md: other seeds, shapes and hyper-parameters.

    tests/peers/more_cases.py DIR [--seed 1] && build/release/bin/selfsight-cli verify DIR

Every value is the README's formula in float64 with gradients by autograd; a case allows thirty times the error that the same
formula has in float32. Needs numpy and torch (python3-torch); the resnet cases need torchvision as well, and are left out without it.
"""
import argparse
import json
import math
import pathlib
import random

import numpy
import torch
import torch.nn.functional as F

try:
    import torchvision
except ImportError:
    torchvision = None

TYPES = {"float32": "F32", "float64": "F64", "int64": "I64", "uint8": "U8"}


def write(path, kind, hyper, tensors, tolerance):
    header, data = {}, b""
    for name, value in tensors.items():
        array = numpy.ascontiguousarray(value)
        raw = array.tobytes()
        header[name] = {"dtype": TYPES[str(array.dtype)], "shape": list(array.shape) or [1], "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    metadata = {"kind": kind, "case": path.stem, "tolerance": tolerance}
    metadata.update({"hp." + key: value if isinstance(value, str) else json.dumps(value) for key, value in hyper.items()})
    header["__metadata__"] = metadata
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def unit(x):
    return x / x.norm(dim=1, keepdim=True)


def cross_entropy(scores, labels):
    return (torch.logsumexp(scores, 1) - scores[torch.arange(len(scores)), labels]).mean()


class Writer:
    def __init__(self, folder, seed):
        self.folder, self.count = folder, {}
        self.numpy = numpy.random.default_rng(seed)
        self.random = random.Random(seed)

    def normal(self, *shape, scale=1.0):
        return (self.numpy.standard_normal(shape) * scale).astype(numpy.float32)

    def rows(self, *shape):
        x = self.normal(*shape)
        return x / numpy.linalg.norm(x, axis=1, keepdims=True)

    def integers(self, bound, *shape):
        return self.numpy.integers(0, bound, shape).astype(numpy.int64)

    def path(self, kind):
        self.count[kind] = self.count.get(kind, -1) + 1
        return self.folder / f"{kind}_more_{self.count[kind]}.safetensors"

    def case(self, kind, hyper, inputs, formula, losses=()):
        """formula(tensors, hyper) -> outputs; losses: (output, tag of its gradients, inputs they are for)."""
        results = {}
        for dtype in (torch.float64, torch.float32):
            tensors = {name: torch.tensor(value, dtype=dtype if value.dtype == numpy.float32 else None) for name, value in inputs.items()}
            for _, _, names in losses:
                for name in names:
                    tensors[name].requires_grad_()
            outputs = formula(tensors, hyper)
            for output, tag, names in losses:
                gradients = torch.autograd.grad(outputs[output], [tensors[name] for name in names], retain_graph=True)
                outputs.update({f"{tag}.{name}": gradient for name, gradient in zip(names, gradients)})
            results[dtype] = {name: value.detach().numpy() for name, value in outputs.items()}
        error = 0.0
        for name, exact in results[torch.float64].items():
            if exact.dtype == numpy.float64:
                error = max(error, numpy.abs(results[torch.float32][name] - exact).max() / (numpy.abs(exact).max() + 1e-30))
        tensors = {"in." + name: value for name, value in inputs.items()}
        for name, value in results[torch.float64].items():
            tensors["out." + name] = value.astype(numpy.float32) if value.dtype == numpy.float64 else value
        write(self.path(kind), kind, hyper, tensors, f"rtol={max(1e-5, 30 * error):.3g} atol=1e-7 (max-norm)")

    def values(self, kind, hyper, inputs, outputs, tolerance):
        tensors = {"in." + name: value for name, value in inputs.items()}
        tensors.update({"out." + name: numpy.asarray(value) for name, value in outputs.items()})
        write(self.path(kind), kind, hyper, tensors, tolerance)


def nt_xent(t, hp):
    z = unit(torch.cat([t["z1"], t["z2"]]))
    s = (z @ z.T / hp["temperature"]).masked_fill(torch.eye(len(z), dtype=torch.bool), -math.inf)
    return {"loss": cross_entropy(s, (torch.arange(len(z)) + len(z) // 2) % len(z))}


def info_nce_queue(t, hp):
    q, k = unit(t["q"]), unit(t["k"])
    logits = torch.cat([(q * k).sum(1, keepdim=True), q @ t["queue"].T], 1) / hp["temperature"]
    after, size = t["queue"].clone(), len(t["queue"])
    for i in range(len(k)):
        after[(hp["ptr"] + i) % size] = k[i]
    return {"logits": logits, "loss": cross_entropy(logits, torch.zeros(len(q), dtype=torch.long)), "queue_after": after,
            "ptr_after": torch.tensor([(hp["ptr"] + len(k)) % size])}


def moco_v3(t, hp):
    def c(q, k):
        return 2 * hp["temperature"] * cross_entropy(unit(q) @ unit(k).T / hp["temperature"], torch.arange(len(q)))
    return {"loss": c(t["q1"], t["k2"]) + c(t["q2"], t["k1"])}


def cosines(a, b):
    return (unit(a) * unit(b)).sum(1).mean()


def neg_cosine(t, hp):
    return {"loss": -(cosines(t["p1"], t["z2"]) + cosines(t["p2"], t["z1"])) / 2}


def byol(t, hp):
    return {"loss": 4 - 2 * cosines(t["p1"], t["z2"]) - 2 * cosines(t["p2"], t["z1"])}


def nnclr(t, hp):
    index = [(unit(t[z]) @ t["bank"].T).argmax(1) for z in ("z1", "z2")]
    neighbours = [t["bank"][i] for i in index]

    def c(n, p, both):
        s = unit(n) @ unit(p).T / hp["temperature"]
        labels = torch.arange(len(s))
        return cross_entropy(s, labels) + (cross_entropy(s.T, labels) if both else 0)
    loss = [(c(neighbours[0], t["p2"], both) + c(neighbours[1], t["p1"], both)) / 2 for both in (False, True)]
    return {"index1": index[0], "index2": index[1], "nn1": neighbours[0], "nn2": neighbours[1], "loss": loss[0], "loss_two_way": loss[1]}


def supcon(t, hp):
    z = unit(t["z"])
    own = torch.eye(len(z), dtype=torch.bool)
    s = (z @ z.T / hp["temperature"]).masked_fill(own, -math.inf)
    log_p = s - torch.logsumexp(s, 1, keepdim=True)
    positive = (t["labels"][:, None] == t["labels"][None]) & ~own
    count = positive.sum(1)
    out = -(log_p.masked_fill(~positive, 0).sum(1) / count.clamp(min=1)).mean()  # a row without a positive contributes 0
    inside = [torch.logsumexp(log_p[i][positive[i]], 0) for i in range(len(z)) if count[i] > 0]
    return {"loss": out, "loss_in_sum": -torch.stack(inside).sum() / len(z)}


def cpc_infonce(t, hp):
    s = t["pred"].flatten(0, 1) @ t["target"].flatten(0, 1).T
    labels = torch.arange(len(s))
    return {"loss": cross_entropy(s, labels), "accuracy": (s.argmax(1) == labels).to(s.dtype).mean()}


def cpc_grid(t, hp):
    b, h, w, _ = t["target"].shape
    s = hp["scale"] * t["pred"].flatten(0, 2) @ t["target"].flatten(0, 2).T
    labels = torch.tensor([(i * h + r + hp["offset"]) * w + c for i in range(b) for r in range(h - hp["offset"]) for c in range(w)])
    return {"loss": cross_entropy(s, labels), "labels": labels}


def noise_contrast(scores, z, count, eps):
    e = scores.exp()
    z = z if z > 0 else (count * e.detach().mean()).item()
    p, noise = e / z, (scores.shape[1] - 1) / count
    loss = -((p[:, 0] / (p[:, 0] + noise + eps)).log().sum() + (noise / (p[:, 1:] + noise + eps)).log().sum()) / len(scores)
    return p, loss, torch.tensor([z], dtype=scores.dtype)


def moved(bank, index, x, momentum):
    after = bank.clone()
    after[index] = unit(momentum * bank[index] + (1 - momentum) * x.detach())
    return after


def chosen(t, bank, x, temperature):
    index = torch.cat([t["index"][:, None], t["neg_index"]], 1)
    return (bank[index] * x[:, None]).sum(2) / temperature


def instdisc_nce(t, hp):
    p, loss, z = noise_contrast(chosen(t, t["memory"], t["x"], hp["temperature"]), hp["Z"], len(t["memory"]), hp["eps"])
    proximal = (t["x"] - t["memory"][t["index"]]).pow(2).sum(1).mean()
    return {"prob": p, "loss": loss, "Z": z, "proximal": proximal, "loss_with_proximal": loss + hp["lambda"] * proximal,
            "memory_after": moved(t["memory"], t["index"], t["x"], hp["momentum"])}


def instdisc_memory(t, hp):
    logits = t["x"] @ t["memory"].T / hp["temperature"]
    return {"logits": logits, "loss": cross_entropy(logits, t["index"]), "memory_after": moved(t["memory"], t["index"], t["x"], hp["momentum"])}


def invaspread(t, hp):
    x, batch = t["x"], len(t["x"]) // 2
    own = torch.eye(2 * batch, dtype=torch.bool)
    partner = own.roll(batch, 0)

    def loss(second):
        log_p = torch.log_softmax((x @ second.T / hp["temperature"]).masked_fill(own, -math.inf), 1)
        others = torch.log(1 - log_p.exp().masked_fill(own | partner, 0))
        return -(log_p[partner].sum() + hp["negM"] * others.sum()) / (2 * batch)
    return {"loss": loss(x.detach()), "loss_full": loss(x)}


def cmc_nce(t, hp):
    out, total = {}, 0
    for v, other in (("l", "ab"), ("ab", "l")):
        scores = chosen(t, t["memory_" + other], t[v], hp["temperature"])
        if hp["softmax"]:
            out["out_" + v], loss = scores, cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long))
        else:
            out["out_" + v], loss, out["Z_" + v] = noise_contrast(scores, 0, hp["n_data"], hp["eps"])
        out["loss_" + v], total = loss, total + loss
        out[f"memory_{v}_after"] = moved(t["memory_" + v], t["index"], t[v], hp["momentum"])
    return {**out, "loss": total}


def sinkhorn_codes(scores, epsilon, iterations):
    q = (scores.detach() / epsilon).T
    q = (q - q.max()).exp()
    q = q / q.sum()
    for _ in range(iterations):
        q = q / q.sum(1, keepdim=True) / q.shape[0]
        q = q / q.sum(0, keepdim=True) / q.shape[1]
    return (q * q.shape[1]).T


def swav(t, hp):
    views = [t[name] for name in ["high0", "high1"] + [f"low{i}" for i in range(hp["n_low"])]]
    loss, codes = 0, []
    for j in range(2):
        scores = torch.cat([t[f"queue{j}"], views[j]]) if hp["queue_len"] else views[j]
        codes.append(sinkhorn_codes(scores, hp["epsilon"], hp["iterations"])[-len(views[j]):])
        terms = [-(codes[j] * torch.log_softmax(views[v] / hp["temperature"], 1)).sum(1).mean() for v in range(len(views)) if v != j]
        loss = loss + sum(terms) / (len(views) - 1) / 2
    return {"codes0": codes[0], "codes1": codes[1], "loss": loss.reshape(1)}


def distill(student, teacher, batch, student_temperature):
    p = [torch.log_softmax(s / student_temperature, 1) for s in student.split(batch)]
    terms = [-(q * p[v]).sum(1).mean() for i, q in enumerate(teacher.split(batch)) for v in range(len(p)) if v != i]
    return sum(terms) / len(terms)


def dino_loss(t, hp):
    warmup = hp["warmup_teacher_temp_epochs"]
    ramp = numpy.concatenate([numpy.linspace(hp["warmup_teacher_temp"], hp["teacher_temp"], warmup),
                              numpy.ones(hp["nepochs"] - warmup) * hp["teacher_temp"]])
    temperature = float(ramp[hp["epoch"]])
    teacher = torch.softmax((t["teacher"] - t["center"]) / temperature, 1)
    m = hp["center_momentum"]
    return {"teacher_temp": torch.tensor([temperature], dtype=t["student"].dtype),
            "loss": distill(t["student"], teacher, hp["batch"], hp["student_temp"]),
            "center_after": m * t["center"] + (1 - m) * t["teacher"].mean(0, keepdim=True)}


def ibot(t, hp):
    student = torch.cat([t["student_cls"], t["student_local_cls"]]) if hp["n_local"] else t["student_cls"]
    teacher = torch.softmax((t["teacher_cls"] - t["center"]) / hp["teacher_temp"], 1)
    cls = hp["lambda_cls"] * distill(student, teacher, hp["batch"], hp["student_temp"])
    target = torch.softmax((t["teacher_patch"] - t["center_patch"]) / hp["teacher_patch_temp"], 2)
    each = -(target * torch.log_softmax(t["student_patch"] / hp["student_temp"], 2)).sum(2)
    mask = t["mask"].flatten(1).to(each.dtype)
    patch = hp["lambda_patch"] * ((each * mask).sum(1) / mask.sum(1).clamp(min=1)).mean()
    m, mp = hp["center_momentum"], hp["center_patch_momentum"]
    return {"loss_cls": cls, "loss_patch": patch, "loss": cls + patch,
            "center_after": m * t["center"] + (1 - m) * t["teacher_cls"].mean(0, keepdim=True),
            "center_patch_after": mp * t["center_patch"] + (1 - mp) * t["teacher_patch"].mean((0, 1), keepdim=True)}


def koleo(t, hp):
    z = unit(t["x"])
    index = (z @ z.T).detach().fill_diagonal_(-2).argmax(1)
    return {"nn_index": index, "loss": -((z - z[index] + hp["eps"]).norm(dim=1) + hp["eps"]).log().mean()}


def barlow_twins(t, hp):
    n = len(t["z1"])

    def loss(a, b):
        c = a.T @ b / n
        on, square = (c.diagonal() - 1).pow(2).sum(), c.pow(2)
        off = square.sum() - square.diagonal().sum()
        return c, on, off, on + hp["lambda"] * off
    c, on, off, total = loss(*[(z - z.mean(0)) / (z.var(0, unbiased=False) + hp["bn_eps"]).sqrt() for z in (t["z1"], t["z2"])])
    paper = loss(*[(z - z.mean(0)) / z.std(0) for z in (t["z1"], t["z2"])])[3]
    return {"cross_correlation": c, "on_diag": on, "off_diag": off, "loss": total, "loss_paper_std": paper}


def vicreg(t, hp):
    z = (t["z1"], t["z2"])
    invariance = (z[0] - z[1]).pow(2).mean()
    variance = [F.relu(1 - (x.var(0) + hp["eps"]).sqrt()).mean() for x in z]
    covariance = []
    for x in z:
        c = (x - x.mean(0)).T @ (x - x.mean(0)) / (len(x) - 1)
        covariance.append((c.pow(2).sum() - c.diagonal().pow(2).sum()) / x.shape[1])
    rest = hp["lambda_inv"] * invariance + hp["nu_cov"] * sum(covariance)
    return {"invariance": invariance, "variance1": variance[0], "variance2": variance[1], "covariance1": covariance[0],
            "covariance2": covariance[1], "loss": rest + hp["mu_var"] * sum(variance) / 2, "loss_paper": rest + hp["mu_var"] * sum(variance)}


def mae_loss(t, hp):
    n, c, h, w = t["imgs"].shape
    p = hp["patch"]
    patches = t["imgs"].reshape(n, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(n, -1, p * p * c)
    target = (patches - patches.mean(-1, keepdim=True)) / (patches.var(-1, keepdim=True) + hp["eps"]).sqrt() if hp["norm_pix"] else patches
    loss = ((t["pred"] - target).pow(2).mean(-1) * t["mask"]).sum() / t["mask"].sum()
    return {"patches": patches, "target": target, "loss": loss}


def mae_masking(t, hp):
    n, length, d = t["x"].shape
    keep = int(length * (1 - hp["mask_ratio"]))
    order = t["noise"].argsort(1)
    restore = order.argsort(1)
    return {"x_masked": t["x"].gather(1, order[:, :keep, None].expand(-1, -1, d)), "ids_restore": restore,
            "mask": (restore >= keep).to(t["x"].dtype)}


def ema_update(t, hp):
    return {f"target_after.{i}": hp["tau"] * t[f"target.{i}"] + (1 - hp["tau"]) * t[f"online.{i}"] for i in range(3)}


def align_uniform(t, hp):
    u, v = unit(t["x"]), unit(t["y"])

    def uniformity(x):
        return torch.pdist(x).pow(2).mul(-hp["t"]).exp().mean().log()
    ux, uy = uniformity(u), uniformity(v)
    return {"alignment": (u - v).norm(dim=1).pow(hp["alpha"]).mean(), "uniformity_x": ux, "uniformity": (ux + uy) / 2}


def spectrum(t, hp):
    z = t["z"]
    centred = z - z.mean(0)
    s, sc = torch.linalg.svdvals(z), torch.linalg.svdvals(centred)
    covariance = torch.linalg.eigvalsh(centred.T @ centred / len(z)).flip(0)

    def rank(values, eps=0.0):
        p = values / values.sum() + eps
        return torch.special.entr(p).sum().exp()
    return {"singular_values": s, "singular_values_centered": sc, "covariance_spectrum": covariance, "effective_rank": rank(s),
            "effective_rank_centered": rank(sc), "rankme": rank(s, hp["rankme_eps"]),
            "participation_ratio": covariance.sum() ** 2 / covariance.pow(2).sum(), "collapse_std": unit(z).std(0).mean()}


def pos_embed(variant, dim, h, w):
    n = numpy.arange(h * w)
    a, b = (n % w, n // w) if variant == "mae" else (n // h, n % h)
    omega = 10000.0 ** (-numpy.arange(dim // 4) / (dim // 4))
    rows = numpy.concatenate([numpy.sin(numpy.outer(a, omega)), numpy.cos(numpy.outer(a, omega)), numpy.sin(numpy.outer(b, omega)),
                              numpy.cos(numpy.outer(b, omega))], 1)
    return numpy.concatenate([numpy.zeros((1, dim)), rows])[None].astype(numpy.float32)


def batch_norm(x, weight=None, bias=None):
    y = (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
    return y if weight is None else y * weight + bias


def dino_head(t, hp):
    x = t["x"]
    for i in range(hp["nlayers"]):
        name = "mlp." + str(i * (3 if hp["use_bn"] else 2)) if hp["nlayers"] > 1 else "mlp"
        x = F.linear(x, t[f"w.{name}.weight"], t[f"w.{name}.bias"])
        if i + 1 == hp["nlayers"]:
            break
        if hp["use_bn"]:
            norm = "w.mlp." + str(3 * i + 1)
            x = batch_norm(x, t[norm + ".weight"], t[norm + ".bias"])
        x = F.gelu(x)
    v = t["w.last_layer.weight_v"]
    y = F.linear(unit(x), t["w.last_layer.weight_g"] * v / v.norm(dim=1, keepdim=True))
    return {"y": y, "loss": (y * t["g"]).sum()}


def simsiam_heads(t, hp):
    def weight(name):
        return t["w." + name]

    def project(h):
        x = F.relu(batch_norm(F.linear(h, weight("encoder.fc.0.weight")), weight("encoder.fc.1.weight"), weight("encoder.fc.1.bias")))
        x = F.relu(batch_norm(F.linear(x, weight("encoder.fc.3.weight")), weight("encoder.fc.4.weight"), weight("encoder.fc.4.bias")))
        return batch_norm(F.linear(x, weight("encoder.fc.6.weight"), weight("encoder.fc.6.bias")))

    def predict(z):
        x = F.relu(batch_norm(F.linear(z, weight("predictor.0.weight")), weight("predictor.1.weight"), weight("predictor.1.bias")))
        return F.linear(x, weight("predictor.3.weight"), weight("predictor.3.bias"))
    z = [project(t[h]) for h in ("h1", "h2")]
    p = [predict(x) for x in z]
    return {"z1": z[0], "p1": p[0], "loss": -(cosines(p[0], z[1].detach()) + cosines(p[1], z[0].detach())) / 2}


def ws_gn_block(t, hp):
    def standardized(w, biased):
        flat = w.flatten(1)
        centred = flat - flat.mean(1, keepdim=True)
        scale = (flat.var(1, unbiased=False, keepdim=True) + hp["ws_eps"]).sqrt() if biased else flat.std(1, keepdim=True) + 1e-5
        return (centred / scale).view_as(w)

    def block(w):
        return F.relu(F.group_norm(F.conv2d(t["x"], w, None, hp["stride"], hp["padding"]), hp["groups"], t["gn_weight"], t["gn_bias"], hp["gn_eps"]))
    w_hat, vissl = standardized(t["w"], True), standardized(t["w"], False)
    y = block(w_hat)
    return {"w_hat": w_hat, "y": y, "loss": (y * t["g"]).sum(), "w_hat_vissl": vissl.detach(), "y_vissl": block(vissl).detach()}


def dino_vit(t, hp):
    def weight(name):
        return t["w." + name]
    patch, dim, heads = hp["patch_size"], hp["embed_dim"], hp["num_heads"]

    def positions(h, w):
        stored, side = weight("pos_embed"), hp["img"] // patch
        if h == side and w == side:
            return stored
        grid = stored[:, 1:].reshape(1, side, side, dim).permute(0, 3, 1, 2)
        scale = ((h + 0.1) / side, (w + 0.1) / side)
        grid = torch._C._nn.upsample_bicubic2d(grid, (h, w), False, *scale)
        return torch.cat([stored[:, :1], grid.permute(0, 2, 3, 1).reshape(1, -1, dim)], 1)

    def forward(image):
        x = F.conv2d(image, weight("patch_embed.proj.weight"), weight("patch_embed.proj.bias"), patch)
        place = positions(*x.shape[2:])
        x = torch.cat([weight("cls_token").expand(len(image), -1, -1), x.flatten(2).transpose(1, 2)], 1) + place
        for i in range(hp["depth"]):
            b = f"blocks.{i}."
            y = F.layer_norm(x, (dim,), weight(b + "norm1.weight"), weight(b + "norm1.bias"), 1e-6)
            qkv = F.linear(y, weight(b + "attn.qkv.weight"), weight(b + "attn.qkv.bias"))
            q, k, v = qkv.reshape(len(x), -1, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
            attention = (q @ k.transpose(2, 3) / math.sqrt(dim // heads)).softmax(3)
            y = (attention @ v).transpose(1, 2).flatten(2)
            x = x + F.linear(y, weight(b + "attn.proj.weight"), weight(b + "attn.proj.bias"))
            y = F.layer_norm(x, (dim,), weight(b + "norm2.weight"), weight(b + "norm2.bias"), 1e-6)
            y = F.gelu(F.linear(y, weight(b + "mlp.fc1.weight"), weight(b + "mlp.fc1.bias")))
            x = x + F.linear(y, weight(b + "mlp.fc2.weight"), weight(b + "mlp.fc2.bias"))
        return F.layer_norm(x, (dim,), weight("norm.weight"), weight("norm.bias"), 1e-6), attention, place
    tokens, attention, _ = forward(t["image"])
    other, _, place = forward(t["image_other"])
    return {"cls": tokens[:, 0], "tokens": tokens, "attention_last": attention[:1], "pos_embed_other": place, "cls_other": other[:, 0]}


def hashed(name, shape, salt):
    """The README's weights of a resnet entry."""
    fnv = 2166136261
    for byte in name.encode():
        fnv = (fnv ^ byte) * 16777619 % 2**32
    i = numpy.arange(int(numpy.prod(shape)), dtype=numpy.uint64)
    x = (numpy.uint64(fnv + salt) + numpy.uint64(0x9E3779B9) * (i + numpy.uint64(1))) % numpy.uint64(2**32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B), (16, 1)):
        x = (x ^ (x >> numpy.uint64(shift))) * numpy.uint64(factor) % numpy.uint64(2**32)
    u = x.astype(numpy.float64) / 2**32
    if len(shape) > 1:
        u = (2 * u - 1) * math.sqrt(6 / numpy.prod(shape[1:]))
    elif name.endswith("running_var"):
        u = 0.5 + u
    elif name.endswith("weight"):
        u = 0.75 + 0.5 * u
    else:
        u = 0.4 * (u - 0.5)
    return torch.tensor(u.astype(numpy.float32).reshape(shape))


def resnet(arch, stem, salt, images):
    model = getattr(torchvision.models, arch)()
    model.fc = torch.nn.Identity()
    if stem == "cifar":
        model.conv1, model.maxpool = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False), torch.nn.Identity()
    state = {name: value if name.endswith("num_batches_tracked") else hashed(name, value.shape, salt) for name, value in model.state_dict().items()}
    model.load_state_dict(state)
    total = sum(value.double().sum().item() for name, value in state.items() if not name.endswith("num_batches_tracked"))
    check = {f"in.check.{name}": state[name].flatten()[:8].numpy() for name in ("conv1.weight", "bn1.running_var", "layer3.0.downsample.0.weight")}
    last = max((name for name, module in model.layer4.named_modules() if isinstance(module, torch.nn.BatchNorm2d) and "downsample" not in name))
    out = {}
    with torch.no_grad():
        for dtype in (torch.float64, torch.float32):
            model.load_state_dict(state)
            model = model.to(dtype)
            x = torch.tensor(images, dtype=dtype)
            one = {"features_eval": model.eval()(x), "features_train": model.train()(x)}
            for name, module in (("bn1", model.bn1), ("last_bn", dict(model.layer4.named_modules())[last])):
                one[name + "_running_mean"], one[name + "_running_var"] = module.running_mean.clone(), module.running_var.clone()
            one["features_eval_after"] = model.eval()(x)
            out[dtype] = {name: value.numpy() for name, value in one.items()}
    error = max(numpy.abs(out[torch.float32][n] - v).max() / numpy.abs(v).max() for n, v in out[torch.float64].items())
    return {**check, "in.check_sum": numpy.array([total]), "in.image": images,
            **{"out." + name: value.astype(numpy.float32) for name, value in out[torch.float64].items()}}, error


def optimizer(w, kind, hyper, update, shapes=((3, 4), (5,), (2, 3, 2, 2))):
    names = [f"p{i}" for i in range(len(shapes))]
    start = {name: w.normal(*shape) for name, shape in zip(names, shapes)}
    start["p1"][:] = 0
    gradients = [{name: w.normal(*shape) for name, shape in zip(names, shapes)} for _ in hyper["lr"]]
    for one in gradients:
        one["p2"][:] = 0
    inputs = {"param." + name: value for name, value in start.items()}
    outputs = {}
    parameters = {name: value.astype(numpy.float64) for name, value in start.items()}
    state = {name: {} for name in names}
    for step, lr in enumerate(hyper["lr"]):
        for name in names:
            inputs[f"grad.{step}.{name}"] = gradients[step][name]
            parameters[name] = update(parameters[name], gradients[step][name].astype(numpy.float64), state[name], lr, step, hyper)
            outputs[f"param.{step}.{name}"] = parameters[name].astype(numpy.float32)
    w.values(kind, {**hyper, "steps": len(hyper["lr"])}, inputs, outputs, "rtol=1e-05 atol=1e-07 (max-norm)")


def momentum_step(x, g, state, m, nesterov, lr):
    state["v"] = m * state["v"] + g if "v" in state else g
    return x - lr * (g + m * state["v"] if nesterov else state["v"])


def sgd(x, g, state, lr, step, hp):
    g = g + hp["weight_decay"] * x
    return momentum_step(x, g, state, hp["momentum"], hp["nesterov"], lr) if hp["momentum"] else x - lr * g


def adam(x, g, state, lr, step, hp, decoupled=False):
    x, g = (x * (1 - lr * hp["weight_decay"]), g) if decoupled else (x, g + hp["weight_decay"] * x)
    state["m"] = hp["beta1"] * state.get("m", 0) + (1 - hp["beta1"]) * g
    state["v"] = hp["beta2"] * state.get("v", 0) + (1 - hp["beta2"]) * g * g
    t = step + 1
    return x - lr * (state["m"] / (1 - hp["beta1"] ** t)) / (numpy.sqrt(state["v"] / (1 - hp["beta2"] ** t)) + hp["eps"])


def lars(x, g, state, lr, step, hp):
    adapted = x.ndim > 1
    norm, decay, trust = numpy.linalg.norm, hp["weight_decay"], hp["trust_coefficient"]
    if hp["variant"] == "solo":
        if adapted and norm(x) > 0 and norm(g) > 0:
            q = trust * norm(x) / (norm(g) + decay * norm(x) + hp["eps"])
            g = (min(q / lr, 1) if hp["clip_lr"] else q) * (g + decay * x)
        return momentum_step(x, g, state, hp["momentum"], False, lr)
    if adapted:
        g = g + decay * x
        if norm(x) > 0 and norm(g) > 0:
            g = g * trust * norm(x) / norm(g)
    if hp["variant"] == "simclr":
        return momentum_step(x, lr * g, state, hp["momentum"], hp["nesterov"], 1)
    return momentum_step(x, g, state, hp["momentum"], False, lr)


def half(a, b, u):
    return b + (a - b) * (1 + math.cos(math.pi * u)) / 2


def schedules(w):
    def add(variant, hyper, values):
        w.values("schedule", {**hyper, "variant": variant}, {}, {"values": numpy.array(values)}, "rtol=1e-09 atol=1e-12 (max-norm)")
    epochs, iterations = w.random.randint(8, 20), w.random.randint(3, 9)
    for variant, base, final in (("dino_lr", 0.003, 1e-5), ("dino_weight_decay", 0.02, 0.5), ("dino_momentum", 0.99, 1.0)):
        for warmup, start in ((0, 0.0), (1, 0.0), (4, 0.001)):
            k, n = warmup * iterations, epochs * iterations
            values = list(numpy.linspace(start, base, k)) + [half(base, final, i / (n - k)) for i in range(n - k)]
            add(variant, {"base": base, "final": final, "epochs": epochs, "iters_per_epoch": iterations, "warmup_epochs": warmup, "start_warmup": start}, values)
    for warmup in (0, 1, 6):
        values = list(numpy.linspace(0.03, 0.08, warmup)) + [0.08] * (epochs - warmup)
        add("dino_teacher_temp", {"warmup_teacher_temp": 0.03, "teacher_temp": 0.08, "warmup_epochs": warmup, "epochs": epochs}, values)
    times = [e + i / iterations for e in range(epochs) for i in range(iterations)]
    for warmup in (0, 4):
        add("moco_v3_lr", {"base": 0.3, "warmup_epochs": warmup, "epochs": epochs, "iters_per_epoch": iterations},
            [0.3 * e / warmup if e < warmup else half(0.3, 0, (e - warmup) / (epochs - warmup)) for e in times])
    add("moco_v3_momentum", {"base": 0.996, "epochs": epochs, "iters_per_epoch": iterations}, [half(0.996, 1, e / epochs) for e in times])
    add("cosine_per_epoch", {"base": 0.2, "epochs": epochs}, [half(0.2, 0, e / epochs) for e in range(epochs)])
    add("step_per_epoch", {"base": 0.5, "epochs": epochs, "milestones": [2, 5, 7]}, [0.5 * 0.1 ** sum(e >= m for m in (2, 5, 7)) for e in range(epochs)])
    for batch, total, warmup in ((4096, 50, 0), (96, 33, 7)):
        scaled = 0.3 * batch / 256
        add("byol_lr", {"base": 0.3, "batch_size": batch, "total_steps": total, "warmup_steps": warmup},
            [t / warmup * scaled if t < warmup else half(scaled, 0, (t - warmup) / (total - warmup)) for t in range(total + 1)])
        for scaling in ("linear", "sqrt"):
            rate = 0.075 * batch / 256 if scaling == "linear" else 0.075 * math.sqrt(batch)
            add("simclr_lr", {"base": 0.075, "batch_size": batch, "scaling": scaling, "total_steps": total, "warmup_steps": warmup},
                [t / warmup * rate if t < warmup else half(rate, 0, (t - warmup) / (total - warmup)) for t in range(total + 1)])
    for variant, hyper in (("byol_tau", {}), ("solo_tau", {"final": 1.0})):
        add(variant, {"base": 0.98, "max_steps": 41, **hyper}, [half(0.98, 1, min(t, 41) / 41) for t in range(46)])
    for start in (0.0, 0.01):
        add("solo_warmup_cosine", {"base": 0.4, "warmup_steps": 5, "total_steps": 27, "warmup_start": start, "min": 0.02},
            [start + (0.4 - start) * t / 4 if t < 5 else half(0.4, 0.02, (t - 5) / 22) for t in range(28)])
        add("lightly_warmup_cosine", {"warmup_steps": 4, "total_steps": 21, "start": 1.0, "end": 0.05, "warmup_start": start},
            [start + (1 - start) * (t + 1) / 4 if t < 4 else half(1.0, 0.05, (t - 4) / 16) for t in range(21)])
    add("lightly_momentum", {"start": 0.9, "end": 0.999, "max_steps": 17}, [half(0.9, 0.999, t / 16) for t in range(17)])


def losses(w, size):
    """One case of each loss with B = size[0] rows of D = size[1]."""
    b, d = size
    t = round(w.random.uniform(0.05, 1.0), 3)
    loss = ("loss", "grad")
    pairs = {name: w.normal(b, d) for name in ("p1", "p2", "z1", "z2")}
    w.case("nt_xent", {"temperature": t}, {"z1": w.normal(b, d, scale=1e3), "z2": w.normal(b, d, scale=1e-3)}, nt_xent, [(*loss, ["z1", "z2"])])
    for pointer in (0, 3 * b, 2 * b + 1):
        w.case("info_nce_queue", {"temperature": t, "ptr": pointer}, {"q": w.normal(b, d), "k": w.normal(b, d), "queue": w.rows(4 * b, d)}, info_nce_queue, [(*loss, ["q"])])
    w.case("moco_v3", {"temperature": t}, {name: w.normal(b, d) for name in ("q1", "q2", "k1", "k2")}, moco_v3, [(*loss, ["q1", "q2"])])
    w.case("neg_cosine", {}, pairs, neg_cosine, [(*loss, ["p1", "p2"])])
    w.case("byol", {}, pairs, byol, [(*loss, ["p1", "p2"])])
    w.case("nnclr", {"temperature": t}, {**pairs, "bank": w.rows(3 * b + 1, d)}, nnclr, [(*loss, ["p1", "p2"]), ("loss_two_way", "grad_two_way", ["p1", "p2"])])
    for classes in (2, b):
        labels = w.integers(classes, 2 * b)
        labels[0] = classes  # alone in its class
        w.case("supcon", {"temperature": t}, {"z": w.normal(2 * b, d), "labels": labels}, supcon, [(*loss, ["z"]), ("loss_in_sum", "grad_in_sum", ["z"])])
    w.case("cpc_infonce", {}, {"pred": w.normal(b, 3, d, scale=0.5), "target": w.normal(b, 3, d)}, cpc_infonce, [(*loss, ["pred", "target"])])
    for offset in (0, 1, 3):
        w.case("cpc_grid", {"offset": offset, "scale": 0.3}, {"pred": w.normal(b, 5 - offset, 2, d), "target": w.normal(b, 5, 2, d)}, cpc_grid, [(*loss, ["pred", "target"])])
    n, m = 7 * b, w.random.randint(1, 300)
    bank = {"index": w.numpy.permutation(n)[:b].astype(numpy.int64), "neg_index": w.integers(n, b, m)}
    for z, weight in ((0, 3.0), (777.5, 0.5)):
        w.case("instdisc_nce", {"temperature": t, "n_data": n, "n_neg": m, "Z": z, "lambda": weight, "momentum": 0.3, "eps": 1e-7},
               {"x": w.rows(b, d), "memory": w.normal(n, d, scale=0.3), **bank}, instdisc_nce, [(*loss, ["x"]), ("loss_with_proximal", "grad_with_proximal", ["x"])])
    w.case("instdisc_memory", {"temperature": t, "momentum": 0.9}, {"x": w.rows(b, d), "memory": w.normal(n, d, scale=0.3), "index": bank["index"]}, instdisc_memory, [(*loss, ["x"])])
    for weight in (1, 0.25):
        w.case("invaspread", {"temperature": max(t, 0.2), "negM": weight}, {"x": w.rows(2 * b, d)}, invaspread, [(*loss, ["x"]), ("loss_full", "grad_full", ["x"])])
    for softmax in (False, True):
        w.case("cmc_nce", {"temperature": t, "n_data": n, "n_neg": m, "momentum": 0.5, "softmax": softmax, "eps": 1e-7},
               {"l": w.rows(b, d), "ab": w.rows(b, d), "memory_l": w.rows(n, d), "memory_ab": w.rows(n, d), **bank}, cmc_nce, [(*loss, ["l", "ab"])])
    for iterations, epsilon in ((1, 0.5), (3, 0.05), (20, 0.02)):
        w.case("sinkhorn", {"epsilon": epsilon, "iterations": iterations}, {"scores": w.normal(b, d, scale=0.3)}, lambda x, hp: {"codes": sinkhorn_codes(x["scores"], hp["epsilon"], hp["iterations"])})
    for low, queue in ((0, 0), (3, 0), (1, 2 * b)):
        scores = {name: w.normal(b, d, scale=0.3) for name in ["high0", "high1"] + [f"low{i}" for i in range(low)]}
        leaves = list(scores)
        if queue:
            scores.update({f"queue{i}": w.normal(queue, d, scale=0.3) for i in range(2)})
        w.case("swav", {"temperature": t, "epsilon": 0.07, "iterations": 4, "n_low": low, "queue_len": queue}, scores, swav, [(*loss, leaves)])
    for crops, warmup, epoch in ((2, 0, 0), (5, 1, 0), (3, 6, 7)):
        w.case("dino_loss", {"ncrops": crops, "batch": b, "student_temp": t, "warmup_teacher_temp": 0.05, "teacher_temp": 0.08, "warmup_teacher_temp_epochs": warmup,
                             "nepochs": 9, "epoch": epoch, "center_momentum": 0.8},
               {"student": w.normal(crops * b, d), "teacher": w.normal(2 * b, d, scale=0.3), "center": w.normal(1, d, scale=0.1)}, dino_loss, [(*loss, ["student"])])
    for local in (0, 3):
        h, width, outputs = 2, 5, d + 3
        tensors = {"student_cls": w.normal(2 * b, d), "teacher_cls": w.normal(2 * b, d, scale=0.3), "student_patch": w.normal(2 * b, h * width, outputs),
                   "teacher_patch": w.normal(2 * b, h * width, outputs, scale=0.3), "mask": w.integers(2, 2 * b, h, width), "center": w.normal(1, d, scale=0.1),
                   "center_patch": w.normal(1, 1, outputs, scale=0.1)}
        tensors["mask"][0] = 0
        if local:
            tensors["student_local_cls"] = w.normal(local * b, d)
        w.case("ibot", {"batch": b, "n_local": local, "student_temp": t, "teacher_temp": 0.06, "teacher_patch_temp": 0.09, "lambda_cls": 0.7, "lambda_patch": 1.3,
                        "center_momentum": 0.8, "center_patch_momentum": 0.95}, tensors, ibot, [(*loss, [name for name in tensors if name.startswith("student")])])
    w.case("koleo", {"eps": 1e-8}, {"x": w.normal(b + 1, d)}, koleo, [(*loss, ["x"])])
    w.case("barlow_twins", {"lambda": 0.03, "bn_eps": 1e-5}, {"z1": w.normal(b + 2, d), "z2": w.normal(b + 2, d)}, barlow_twins, [(*loss, ["z1", "z2"])])
    w.case("vicreg", {"lambda_inv": 7.0, "mu_var": 11.0, "nu_cov": 0.4, "eps": 1e-4}, {"z1": w.normal(b + 2, d), "z2": w.normal(b + 2, d)}, vicreg,
           [(*loss, ["z1", "z2"]), ("loss_paper", "grad_paper", ["z1", "z2"])])
    for norm, patch in ((True, 2), (False, 5)):
        mask = (w.numpy.random((b, 16)) < 0.6).astype(numpy.float32)
        mask[0, 0] = 1
        w.case("mae_loss", {"patch": patch, "norm_pix": norm, "eps": 1e-6}, {"imgs": w.normal(b, 3, 4 * patch, 4 * patch), "pred": w.normal(b, 16, 3 * patch * patch), "mask": mask}, mae_loss, [(*loss, ["pred"])])
    for ratio in (0.3, 0.9):
        w.case("mae_masking", {"mask_ratio": ratio}, {"x": w.normal(b, 25, d), "noise": w.numpy.random((b, 25)).astype(numpy.float32)}, mae_masking)
    shapes = ((2, 3), (d,), (2, 2, 1, 3))
    w.case("ema_update", {"tau": 0.97}, {f"{kind}.{i}": w.normal(*shape) for kind in ("online", "target") for i, shape in enumerate(shapes)}, ema_update)
    w.case("align_uniform", {"alpha": 3.0, "t": 0.5}, {"x": w.normal(b + 1, d), "y": w.normal(b + 1, d)}, align_uniform, [("alignment", "grad_alignment", ["x", "y"]), ("uniformity", "grad_uniformity", ["x", "y"])])
    w.case("spectrum", {"rankme_eps": 1e-7}, {"z": w.normal(3 * b, d)}, spectrum)


def knn_cases(w):
    for k, classes, rows in ((1, 3, 40), (30, 5, 90), (500, 12, 70)):
        train, test = w.rows(rows, 6), w.rows(30, 6)
        labels, truth = w.integers(classes, rows), w.integers(classes, 30)
        s = test.astype(numpy.float64) @ train.T.astype(numpy.float64)
        nearest = numpy.argsort(-s, 1)[:, :k]
        scores = numpy.zeros((30, classes))
        for i in range(30):
            for j in nearest[i]:
                scores[i, labels[j]] += math.exp(s[i, j] / 0.2)
        ranks = [sum(scores[i] > scores[i, truth[i]]) + sum(scores[i, :truth[i]] == scores[i, truth[i]]) for i in range(30)]
        w.values("knn", {"k": k, "temperature": 0.2, "num_classes": classes}, {"train": train, "train_labels": labels, "test": test, "test_labels": truth},
                 {"scores": scores.astype(numpy.float32), "pred": scores.argmax(1).astype(numpy.int64), "top1": numpy.array([100 * numpy.mean([r < 1 for r in ranks])], numpy.float32),
                  "top5": numpy.array([100 * numpy.mean([r < 5 for r in ranks])], numpy.float32)}, "rtol=2e-05 atol=1e-07 (max-norm)")


def models(w):
    for variant, dim, h, width in (("mae", 24, 3, 7), ("mae", 32, 6, 2), ("moco_v3", 16, 4, 4), ("moco_v3", 8, 5, 2)):
        w.values("pos_embed", {"variant": variant, "dim": dim, "grid_h": h, "grid_w": width, "temperature": 10000}, {}, {"pos_embed": pos_embed(variant, dim, h, width)}, "rtol=3e-05 atol=1e-06 (max-norm)")
    for layers, norm, trained in ((1, False, False), (2, True, False), (4, False, True)):
        b, width, hidden, bottleneck, out = 7, 9, 11, 5, 13
        tensors = {"x": w.normal(b, width), "g": w.normal(b, out), "w.last_layer.weight_g": numpy.ones((out, 1), numpy.float32), "w.last_layer.weight_v": w.normal(out, bottleneck)}
        size, leaves = width, ["x", "w.last_layer.weight_v"] + (["w.last_layer.weight_g"] if trained else [])
        for i in range(layers):
            following = bottleneck if i + 1 == layers else hidden
            name = "w.mlp." + str(i * (3 if norm else 2)) if layers > 1 else "w.mlp"
            tensors[name + ".weight"], tensors[name + ".bias"] = w.normal(following, size, scale=0.4), w.normal(following, scale=0.2)
            leaves += [name + ".weight"] + ([name + ".bias"] if not norm or i + 1 == layers else [])  # none for a bias that a norm cancels
            if norm and i + 1 < layers:
                for part in ("weight", "bias"):
                    tensors[f"w.mlp.{3 * i + 1}.{part}"] = 1 + w.normal(following, scale=0.2)
                    leaves.append(f"w.mlp.{3 * i + 1}.{part}")
            size = following
        w.case("dino_head", {"nlayers": layers, "use_bn": norm, "hidden_dim": hidden, "bottleneck_dim": bottleneck, "out_dim": out}, tensors, dino_head, [("loss", "grad", leaves)])
    for b, hidden, dim, bottleneck in ((5, 6, 9, 4), (12, 17, 8, 3)):
        names = {"encoder.fc.0.weight": (hidden, hidden), "encoder.fc.1.weight": (hidden,), "encoder.fc.1.bias": (hidden,), "encoder.fc.3.weight": (hidden, hidden),
                 "encoder.fc.4.weight": (hidden,), "encoder.fc.4.bias": (hidden,), "encoder.fc.6.weight": (dim, hidden), "encoder.fc.6.bias": (dim,),
                 "predictor.0.weight": (bottleneck, dim), "predictor.1.weight": (bottleneck,), "predictor.1.bias": (bottleneck,), "predictor.3.weight": (dim, bottleneck), "predictor.3.bias": (dim,)}
        tensors = {"w." + name: w.normal(*shape, scale=0.4) + (1 if name.endswith("weight") and len(shape) == 1 else 0) for name, shape in names.items()}
        tensors = {name: value.astype(numpy.float32) for name, value in tensors.items()}
        leaves = ["h1", "h2"] + [name for name in tensors if name != "w.encoder.fc.6.bias"]
        w.case("simsiam_heads", {"hidden": hidden, "dim": dim, "pred_dim": bottleneck}, {"h1": w.normal(b, hidden), "h2": w.normal(b, hidden), **tensors}, simsiam_heads, [("loss", "grad", leaves)])
    for groups, kernel, stride, padding, eps in ((2, 1, 1, 0, 1e-3), (5, 5, 2, 2, 1e-5), (1, 3, 1, 0, 1e-8)):
        out, side = 10, 9
        size = (side + 2 * padding - kernel) // stride + 1
        tensors = {"x": w.normal(2, 3, side, side), "w": w.normal(out, 3, kernel, kernel), "gn_weight": 1 + w.normal(out, scale=0.2), "gn_bias": w.normal(out, scale=0.2), "g": w.normal(2, out, size, size)}
        w.case("ws_gn_block", {"groups": groups, "kernel": kernel, "stride": stride, "padding": padding, "ws_eps": eps, "gn_eps": 1e-5}, tensors, ws_gn_block, [("loss", "grad", ["x", "w", "gn_weight", "gn_bias"])])
    for dim, depth, heads, patch, side, other in ((24, 1, 2, 8, 32, (16, 64)), (30, 2, 5, 5, 20, (20, 20)), (16, 4, 4, 2, 8, (4, 14))):
        shapes = {"cls_token": (1, 1, dim), "pos_embed": (1, 1 + (side // patch) ** 2, dim), "patch_embed.proj.weight": (dim, 3, patch, patch), "patch_embed.proj.bias": (dim,), "norm.weight": (dim,), "norm.bias": (dim,)}
        for i in range(depth):
            for name, shape in (("norm1", (dim,)), ("norm2", (dim,)), ("attn.qkv", (3 * dim, dim)), ("attn.proj", (dim, dim)), ("mlp.fc1", (4 * dim, dim)), ("mlp.fc2", (dim, 4 * dim))):
                shapes[f"blocks.{i}.{name}.weight"], shapes[f"blocks.{i}.{name}.bias"] = shape, shape[:1]
        tensors = {"w." + name: w.normal(*shape, scale=0.2) for name, shape in shapes.items()}
        w.case("dino_vit", {"embed_dim": dim, "depth": depth, "num_heads": heads, "patch_size": patch, "img": side}, {"image": w.normal(2, 3, side, side), "image_other": w.normal(1, 3, *other), **tensors}, dino_vit)
    if torchvision:
        for arch, stem, salt, shape in (("resnet18", "cifar", 5, (4, 3, 24, 24)), ("resnet34", "imagenet", 9, (2, 3, 64, 96)), ("resnet50", "cifar", 0, (3, 3, 16, 16))):
            tensors, error = resnet(arch, stem, salt, w.normal(*shape))
            write(w.path("resnet"), "resnet", {"arch": arch, "stem": stem, "salt": salt, "bn_eps": 1e-5, "bn_momentum": 0.1}, tensors, f"rtol={max(2e-4, 30 * error):.3g} atol=1e-6 (max-norm)")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    w = Writer(arguments.folder, arguments.seed)
    for size in ((3, 4), (6, 33), (24, 7)):
        losses(w, size)
    rates = [0.5, 0.2, 0.7, 0.1]
    for momentum, nesterov in ((0.0, False), (0.8, False), (0.95, True)):
        optimizer(w, "sgd", {"momentum": momentum, "weight_decay": 0.03, "nesterov": nesterov, "lr": rates}, sgd)
    for beta2, decay in ((0.999, 0.0), (0.9, 0.2)):
        hyper = {"beta1": 0.8, "beta2": beta2, "eps": 1e-6, "weight_decay": decay, "lr": [0.02, 0.01, 0.03]}
        optimizer(w, "adam", hyper, adam)
        optimizer(w, "adamw", hyper, lambda *a: adam(*a, decoupled=True))
    for extra in ({"variant": "moco_v3"}, {"variant": "simclr", "nesterov": False}, {"variant": "simclr", "nesterov": True}, {"variant": "solo", "eps": 1e-7, "clip_lr": False},
                  {"variant": "solo", "eps": 1e-7, "clip_lr": True}):
        optimizer(w, "lars", {"momentum": 0.7, "weight_decay": 0.05, "trust_coefficient": 0.1, "lr": rates, **extra}, lars)
    schedules(w)
    knn_cases(w)
    models(w)
    print(f"{sum(n + 1 for n in w.count.values())} cases of {len(w.count)} kinds in {arguments.folder}")


if __name__ == "__main__":
    main()
