#!/usr/bin/env python3
"""Times `selfsight-cli bench tsne` beside openTSNE, scikit-learn and Rtsne on the same rows, and judges all layouts with one rule.

    tests/peers/tsne.py ROWS.npy [--cli build/release/bin/selfsight-cli] [--threads 2] [--perplexity 30] [--peers openTSNE,scikit-learn,Rtsne] [--keep FOLDER]

ROWS.npy: float32 (samples, features), such as Fashion-MNIST's images in their first 50 principal components. openTSNE and scikit-learn are
from PyPI (a virtual environment that is thrown away afterwards), Rtsne is Debian's r-cran-rtsne; those that are absent are left out.
--keep: the layouts are written there, for other judges.
kl: exact, over all pairs, up to 10,000 rows; above over the 3 * perplexity nearest neighbours. trust, kept: at k = 15, over 2,000 rows.
Exit code 1 when ours takes more than half of the fastest peer whose divergence lies within 2 % of the best peer's, or has a larger one.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

try:
    import numpy
except ImportError:
    print("skipped: numpy is not installed")
    sys.exit(0)

here = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser()
parser.add_argument("rows", type=pathlib.Path)
parser.add_argument("--cli", default=here.parent.parent / "build/release/bin/selfsight-cli")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--perplexity", type=float, default=30)
parser.add_argument("--peers", default="openTSNE,scikit-learn,Rtsne")
parser.add_argument("--keep", type=pathlib.Path)
arguments = parser.parse_args()
x = numpy.ascontiguousarray(numpy.load(arguments.rows), numpy.float32)
n, perplexity = len(x), arguments.perplexity


def distances(rows, a):
    return numpy.maximum((a[rows] ** 2).sum(1)[:, None] + (a ** 2).sum(1)[None] - 2 * a[rows] @ a.T, 0)


def shares(d):
    """Rows of squared distances to others -> conditional probabilities at the perplexity."""
    d = d - d.min(1, keepdims=True)
    low, high, beta = numpy.zeros(len(d)), numpy.full(len(d), numpy.inf), 1 / numpy.maximum(numpy.where(numpy.isfinite(d), d, 0).mean(1), 1e-12)
    for _ in range(60):
        w = numpy.exp(-d * beta[:, None])
        s = w.sum(1)
        entropy = numpy.log(s) + beta * (w * numpy.where(numpy.isfinite(d), d, 0)).sum(1) / s
        low, high = numpy.where(entropy > numpy.log(perplexity), beta, low), numpy.where(entropy > numpy.log(perplexity), high, beta)
        beta = numpy.where(numpy.isinf(high), beta * 2, (low + high) / 2)
    return w / s[:, None]


def attractions():
    """(i, j, p): conditional, over all others or the nearest."""
    k = n - 1 if n <= 10000 else int(3 * perplexity)
    for start in range(0, n, 500):
        rows = numpy.arange(start, min(start + 500, n))
        d = distances(rows, x.astype(numpy.float64))
        d[numpy.arange(len(rows)), rows] = numpy.inf
        if k < n - 1:
            near = numpy.argpartition(d, k, 1)[:, :k]
            yield rows, near, shares(numpy.take_along_axis(d, near, 1))
        else:
            yield rows, numpy.broadcast_to(numpy.arange(n), d.shape), shares(d)


def judge(layouts):
    """{name: (divergence, trustworthiness, neighbours kept)}"""
    layouts = {name: y.astype(numpy.float64) for name, y in layouts.items()}
    conditional = list(attractions())
    if n <= 10000:
        p = numpy.concatenate([each[2] for each in conditional])
        p = (p + p.T) / (2 * n)
        i, j = numpy.nonzero(p)
        p = p[i, j]
    else:
        i = numpy.concatenate([numpy.repeat(rows, near.shape[1]) for rows, near, _ in conditional])
        j = numpy.concatenate([near.ravel() for _, near, _ in conditional])
        keys, inverse = numpy.unique(numpy.concatenate([i * n + j, j * n + i]), return_inverse=True)
        values = numpy.concatenate([share.ravel() for _, _, share in conditional] * 2) / (2 * n)
        p, i, j = numpy.bincount(inverse, values), keys // n, keys % n
    chosen, k, results = numpy.random.RandomState(0).permutation(n)[:2000], 15, {}
    far = distances(chosen, x.astype(numpy.float64))
    far[numpy.arange(len(chosen)), chosen] = -1
    order = far.argsort(1, kind="stable")
    rank = numpy.empty_like(order)
    numpy.put_along_axis(rank, order, numpy.broadcast_to(numpy.arange(n), order.shape), 1)  # itself: 0
    for name, y in layouts.items():
        z = sum((1 / (1 + distances(numpy.arange(s, min(s + 500, n)), y))).sum() for s in range(0, n, 500)) - n
        kl = float((p * numpy.log(p * (1 + ((y[i] - y[j]) ** 2).sum(1)) * z)).sum())
        away = distances(chosen, y)
        away[numpy.arange(len(chosen)), chosen] = numpy.inf
        ranks = numpy.take_along_axis(rank, numpy.argpartition(away, k, 1)[:, :k], 1)
        trust = 1 - 2 / (len(chosen) * k * (2 * n - 3 * k - 1)) * numpy.maximum(ranks - k, 0).sum()
        results[name] = (kl, trust, float((ranks <= k).mean()))
    return results


def ours(folder):
    file = folder / "ours.npy"
    command = [arguments.cli, "bench", "tsne", "--npy", arguments.rows, "--perplexity", perplexity, "--threads", arguments.threads, "--out", file, "--json"]
    lines = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[-1])["value"], numpy.load(file)


def open_tsne(_):
    import openTSNE
    start = time.time()
    y = openTSNE.TSNE(perplexity=perplexity, n_jobs=arguments.threads, random_state=0).fit(x)
    return time.time() - start, numpy.asarray(y)


def scikit_learn(_):
    from sklearn.manifold import TSNE
    start = time.time()
    y = TSNE(perplexity=perplexity, n_jobs=arguments.threads, random_state=0, init="pca").fit_transform(x)
    return time.time() - start, y


def rtsne(folder):
    numpy.savetxt(folder / "x.csv", x, delimiter=",")
    script = f"""library(Rtsne); x <- as.matrix(read.csv("{folder}/x.csv", header = FALSE)); set.seed(0)
    t <- system.time(y <- Rtsne(x, perplexity = {perplexity}, pca = FALSE, check_duplicates = FALSE, num_threads = {arguments.threads}))
    write.table(y$Y, "{folder}/y.csv", sep = ",", row.names = FALSE, col.names = FALSE); cat(t["elapsed"])"""
    out = subprocess.run(["Rscript", "-e", script], check=True, capture_output=True, text=True).stdout
    return float(out.split()[-1]), numpy.loadtxt(folder / "y.csv", delimiter=",")


makers = {"openTSNE": open_tsne, "scikit-learn": scikit_learn, "Rtsne": rtsne}
seconds, layouts = {}, {}
with tempfile.TemporaryDirectory() as folder:
    for name, make in [("selfsight", ours)] + [(peer, makers[peer]) for peer in arguments.peers.split(",") if peer in makers]:
        try:
            seconds[name], layouts[name] = make(pathlib.Path(folder))
            print(f"{name}: {seconds[name]:.2f} s", flush=True)
        except (ImportError, FileNotFoundError, subprocess.CalledProcessError) as error:
            print(f"{name}: left out ({error})")
if arguments.keep:
    arguments.keep.mkdir(parents=True, exist_ok=True)
    for name, y in layouts.items():
        numpy.save(arguments.keep / f"{name}.npy", y)
judged = judge(layouts)
for name, (kl, trust, kept) in judged.items():
    print(f"{name:14} {seconds[name]:7.2f} s   kl {kl:.4f}   trust {trust:.4f}   kept {kept:.4f}", flush=True)
peers = [name for name in judged if name != "selfsight"]
if not peers or "selfsight" not in judged:
    print("skipped: no peer is installed")
    sys.exit(0)
best = min(judged[name][0] for name in peers)
rival = min((name for name in peers if judged[name][0] <= 1.02 * best), key=seconds.get)
print(f"beside {rival}: {seconds['selfsight'] / seconds[rival]:.2f} of its time")
sys.exit(seconds["selfsight"] > seconds[rival] / 2 or judged["selfsight"][0] > judged[rival][0])
