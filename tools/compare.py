# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib==3.11.2"]
# ///
"""featurescope's training step beside PyTorch's and JAX's: a Markdown table and a plot.

    cargo build --release -p featurescope-lab --bench contender
    compare.py CONTENDER PEERS_PYTHON --out FOLDER [--threads 1 2] [--sizes A B C D] [--rounds 15]

CONTENDER is the program that cargo built (target/release/deps/contender-…), PEERS_PYTHON a Python with the packages that
benches/peers/*.py name. All contenders of one comparison run side by side as processes that wait for their turn; rounds
alternate between them, so that whatever else the machine does falls on all alike. On one thread they are pinned to one
processor and judged by processor time, which leaves out the time in which other programs had it; on several threads by the
clock. Writes compare.json (every round), compare.md and compare.png.
"""

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent / "benches/peers"
STEPS = {"A": 10, "B": 4, "C": 2, "D": 1}


def contenders(arguments):
    ours = arguments.contender
    python = arguments.peers_python
    return {
        "featurescope": [ours, "{size}", "{stage}", "single", "{threads}"],
        "featurescope mixed": [ours, "{size}", "{stage}", "mixed", "{threads}"],
        "torch eager": [python, PEERS / "torch_step.py", "{size}", "{stage}", "eager", "{threads}"],
        "torch.compile": [python, PEERS / "torch_step.py", "{size}", "{stage}", "compile", "{threads}"],
        "jax": [python, PEERS / "jax_step.py", "{size}", "{stage}", "dense", "{threads}"],
    }


def start(command, size, stage, threads):
    words = [str(word).format(size=size, stage=stage, threads=threads) for word in command]
    pin = ["taskset", "-c", "1"] if threads == 1 else []
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    process = subprocess.Popen(
        pin + words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    while (line := process.stdout.readline()).strip() != "ready":
        assert line, f"{words} did not start"
    return process


def compare(arguments, size, stage, threads):
    """Seconds per step, [clock, processor], per contender and round."""
    running = {name: start(command, size, stage, threads) for name, command in contenders(arguments).items()}
    rounds = {name: [] for name in running}
    for _ in range(arguments.rounds):
        for name, process in running.items():
            process.stdin.write(f"{STEPS[size]}\n")
            process.stdin.flush()
            rounds[name].append([float(seconds) / STEPS[size] for seconds in process.stdout.readline().split()])
    for process in running.values():
        process.stdin.close()
        process.wait()
    return rounds


def table(results):
    names = list(results[0]["rounds"])
    lines = [
        "| size, stage, threads | " + " | ".join(names) + " | exact: best peer / ours | mixed: best peer / ours |",
        "|---" * (len(names) + 3) + "|",
    ]
    for result in results:
        column = 1 if result["threads"] == 1 else 0
        times = {name: [row[column] * 1e3 for row in rows] for name, rows in result["rounds"].items()}
        medians = {name: statistics.median(values) for name, values in times.items()}
        best = min(value for name, value in medians.items() if not name.startswith("featurescope"))
        cells = [f"{medians[n]:.1f} ({min(times[n]):.1f}–{max(times[n]):.1f})" for n in names]
        ratios = [f"{best / medians[name]:.2f}" for name in ("featurescope", "featurescope mixed")]
        lines.append(f"| {result['size']} {result['stage']}, {result['threads']} | " + " | ".join(cells + ratios) + " |")
    return "\n".join(lines) + "\n"


def plot(results, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(results[0]["rounds"])
    figure, axes = plt.subplots(1, len(results), figsize=(2.1 * len(results), 3.6), squeeze=False)
    for axis, result in zip(axes[0], results):
        column = 1 if result["threads"] == 1 else 0
        for i, name in enumerate(names):
            values = [row[column] * 1e3 for row in result["rounds"][name]]
            middle = statistics.median(values)
            spread = [[middle - min(values)], [max(values) - middle]]
            axis.bar(i, middle, yerr=spread, capsize=2, color=f"C{i}", label=name)
        axis.set_title(f"{result['size']} {result['stage']}, {result['threads']} thr.", fontsize=8)
        axis.set_xticks([])
        axis.tick_params(labelsize=7)
    axes[0][0].set_ylabel("ms per step, median and range", fontsize=8)
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="lower center", ncol=len(names), fontsize=7)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, dpi=140)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contender")
    parser.add_argument("peers_python")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--sizes", nargs="+", default=list(STEPS))
    parser.add_argument("--stages", nargs="+", default=["early", "late"])
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = []
    for threads in arguments.threads:
        for size in arguments.sizes:
            for stage in arguments.stages:
                rounds = compare(arguments, size, stage, threads)
                results.append({"size": size, "stage": stage, "threads": threads, "rounds": rounds})
                (arguments.out / "compare.json").write_text(json.dumps(results))
                (arguments.out / "compare.md").write_text(table(results))
                print(table(results[-1:]), flush=True)
    plot(results, arguments.out / "compare.png")


main()
