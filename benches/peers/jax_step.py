# /// script
# requires-python = ">=3.11"
# dependencies = ["jax==0.10.2", "jaxlib==0.10.2", "numpy==2.4.6"]
# ///
"""One contrastive training step as a careful JAX user writes it, as a contender for tools/compare.py.

One jitted function with the weights donated and the gradient written by hand. Random numbers come from the fast
`unsafe_rbg` generator; M z is a dense product (`dense`) or adds the active atoms, found with a bound on their number
(`gather`): which is faster depends on the size.

    jax_step.py SIZE early|late dense|gather THREADS

then one line per round on standard input: the number of steps. Answers with seconds by the clock and on the processor.
"""

import math
import os
import sys
import time

size, stage, mode, threads = sys.argv[1:5]
if threads == "1":
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp

SIZES = {  # d, d1, m, P, N
    "A": (64, 1024, 256, 512, 512),
    "B": (128, 2048, 512, 512, 128),
    "C": (512, 4096, 512, 512, 512),
    "D": (256, 65536, 256, 256, 256),
}
LATE_OPEN_FRACTION = 0.04
LEARNING_RATE, DECAY = 1e-3, 1e-4
D, D1, M, P, N = SIZES[size]
ACTIVITY = math.log(math.log(D)) / D
SIGMA = (math.sqrt(math.log(D)) / D) ** 0.5
# Ten times fewer samples than one in a billion have more active atoms than this.
MOST_ACTIVE = 16


def soft_threshold(a, b):
    return jax.nn.relu(a - b) - jax.nn.relu(-a - b)


def samples(key, rows, atoms):
    noise_key, code_key = jax.random.split(key)
    x = SIGMA * jax.random.normal(noise_key, (rows, D1))
    u = jax.random.uniform(code_key, (rows, D))
    z = jnp.where(u < ACTIVITY / 2, 1.0, 0.0) - jnp.where((u >= ACTIVITY / 2) & (u < ACTIVITY), 1.0, 0.0)
    if mode == "dense":
        return x + z @ atoms
    _, active = jax.lax.top_k(jnp.abs(z), MOST_ACTIVE)
    signs = jnp.take_along_axis(z, active, axis=1)
    for k in range(MOST_ACTIVE):
        x = x + signs[:, k : k + 1] * atoms[active[:, k]]
    return x


def step(key, w, b, atoms):
    positive_key, negative_key, mask_key = jax.random.split(key, 3)
    x, xs = samples(positive_key, P, atoms), samples(negative_key, N, atoms)
    bits = jax.random.bits(mask_key, (P, D1 // 8), jnp.uint8)
    mask = ((bits[..., None] >> jnp.arange(8, dtype=jnp.uint8)) & 1).reshape(P, D1) == 1
    anchor, positive = jnp.where(mask, 2 * x, 0.0), jnp.where(mask, 0.0, 2 * x)
    pre = jnp.concatenate([anchor, positive, xs]) @ w.T
    h, hq, hn = (soft_threshold(a, b) for a in jnp.split(pre, (P, 2 * P)))
    logits, own = h @ hn.T, (h * hq).sum(1)
    top = jnp.maximum(logits.max(1), own)
    weights, own_weight = jnp.exp(logits - top[:, None]), jnp.exp(own - top)
    total = weights.sum(1) + own_weight
    loss = (jnp.log(total) - (own - top)).mean()
    grad = (weights / total[:, None]) @ hn - (1 - own_weight / total)[:, None] * hq
    a = pre[:P]
    d_pre = grad * ((a > b).astype(grad.dtype) + (-a > b).astype(grad.dtype)) / P
    return (1 - LEARNING_RATE * DECAY) * w - LEARNING_RATE * (d_pre.T @ anchor), loss, a


def main():
    key = jax.random.key(1, impl="unsafe_rbg")
    atoms = jax.random.normal(key, (D, D1)) / math.sqrt(D1)
    w = jax.random.normal(jax.random.fold_in(key, 1), (M, D1)) * (0.05 / math.sqrt(D1))
    b = jnp.zeros(M)
    run = jax.jit(step, donate_argnums=(1,))
    if stage == "late":
        w, _, a = run(jax.random.fold_in(key, 2), w, b, atoms)
        b = jnp.quantile(jnp.abs(a), 1 - LATE_OPEN_FRACTION, axis=0)
    count = 3
    for _ in range(3):
        w, loss, a = run(jax.random.fold_in(key, count), w, b, atoms)
        count += 1
    w.block_until_ready()
    print("ready", flush=True)
    for line in sys.stdin:
        wall, busy = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            w, loss, a = run(jax.random.fold_in(key, count), w, b, atoms)
            count += 1
        w.block_until_ready()
        print(time.perf_counter() - wall, time.process_time() - busy, flush=True)
    print(f"loss {float(loss):.4f}, open {float((jnp.abs(a) > b).mean()):.3f}", file=sys.stderr)


main()
