"""Runs of a sweep on other machines: what a worker does, and what is asked of an engine that has workers.

A worker gets the folder of the sweep and the key of a run. It starts the terminal program, so that a run that
crashes takes no worker with it, and a forked worker does no harm. Where the worker does not see the folder, it makes
the run in a folder of its own, from the part of the plan that came with the task, and sends it back as an archive.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ._errors import RunError, SettingError

PLAN = "plan.json"
_PROGRAM = "from featurescope._program import main; main()"
_DIVERGED = 3
"""Exit code of a run that is there, with an arm that diverged."""
_LAST_LINES = 5
"""Lines of what a run said that are told when it failed."""
_TRIES = 3
"""How often a run is handed to an engine that loses its worker."""
_PAUSE = 0.05
"""Seconds between two looks at what has ended."""
_MARGIN, _BASE = 1.25, 256 * 2**20
"""Memory asked for: a multiple of the estimate, and bytes for the program itself."""


class Task(NamedTuple):
    """A run that is to be made."""

    key: str
    operations: float
    memory: float


class Manner(NamedTuple):
    """How a worker makes a run."""

    threads: int
    save_every: float
    silence: float


class Answer(NamedTuple):
    """What became of a run."""

    key: str
    error: str | None
    archive: bytes | None
    seconds: float


def package(sweep: Path, key: str) -> bytes:
    """What a worker that does not see the folder needs of the plan: one run, and the files that settings name."""
    plan = json.loads((sweep / PLAN).read_text(encoding="utf-8"))
    plan["runs"] = [run for run in plan["runs"] if run["key"] == key]
    plan["points"] = [point for point in plan["points"] if point["key"] == key]
    settings = f"points/{key}.toml"
    text = (sweep / settings).read_text(encoding="utf-8")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PLAN, json.dumps(plan))
        archive.writestr("sweep.json", "{}")
        archive.writestr(settings, text)
        for path in sorted((sweep / "files").rglob("*")):
            name = path.relative_to(sweep).as_posix()
            if path.is_file() and name in text:
                archive.write(path, name)
    return packed.getvalue()


def make(sweep: str, key: str, plan: str, packed: bytes, manner: Manner) -> Answer:
    """Make the run ``key``: in the folder ``sweep``, where its plan with the digest ``plan`` is seen, else elsewhere.

    This is what engines call. It raises nothing that is the fault of the run.
    """
    started = time.monotonic()
    folder = Path(sweep)
    if _sees(folder, plan):
        error, archive = _made(folder, key, manner), None
    else:
        with tempfile.TemporaryDirectory(prefix="featurescope-") as own:
            unpack(packed, Path(own))
            error = _made(Path(own), key, manner)
            archive = None if error else pack(Path(own) / key)
    return Answer(key, error, archive, time.monotonic() - started)


def digest(sweep: Path) -> str:
    """Names the plan in a folder by its bytes."""
    return hashlib.sha256((sweep / PLAN).read_bytes()).hexdigest()


def _sees(sweep: Path, plan: str) -> bool:
    try:
        return digest(sweep) == plan
    except OSError:
        return False


def _made(sweep: Path, key: str, manner: Manner) -> str | None:
    """Make a run with the terminal program; what went wrong, if anything did."""
    options = {"--threads": manner.threads, "--save-every": manner.save_every, "--silence": manner.silence}
    command = [sys.executable, "-c", _PROGRAM, "sweep", "run", str(sweep), "--key", key]
    command += [str(word) for option in options.items() for word in option]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, said = process.communicate()
    except BaseException:
        # The state is saved, so whoever makes the run next goes on from there.
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
    if process.returncode in (0, _DIVERGED):
        return None
    lines = said.decode("utf-8", "replace").strip().splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    how = f"signal {-process.returncode}" if process.returncode < 0 else f"code {process.returncode}"
    told = " ".join(errors or lines[-_LAST_LINES:] or ["it said nothing"])
    return f"{told} (on {socket.gethostname()}, {how})"


def pack(run: Path) -> bytes:
    """A run directory as an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(run.rglob("*")):
            if path.is_file() and path.name != ".lock":
                archive.write(path, path.relative_to(run).as_posix())
    return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> None:
    """Unpack an archive into a folder. Nothing lands anywhere else, whatever names are in it."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename)
            is_link = entry.external_attr >> 28 == 0o12
            is_plain = not name.is_absolute() and ".." not in name.parts and not set(":\\\0") & set(entry.filename)
            if not is_plain or is_link or entry.is_dir() or not name.parts:
                raise RunError(
                    f"an archive holds `{entry.filename}`, which is no file below its folder: nothing of it is used"
                )
        for entry in archive.infolist():
            target = folder.joinpath(*PurePosixPath(entry.filename).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))


def put_in_place(answer: Answer, sweep: Path) -> None:
    """Give an archived run its place in the folder of the sweep, unless it is there."""
    final = sweep / answer.key
    if answer.archive is None or final.is_dir():
        return
    with tempfile.TemporaryDirectory(prefix=f"{answer.key}.archive-", dir=sweep) as aside:
        arrived = Path(aside) / "run"
        unpack(answer.archive, arrived)
        manifest = json.loads((arrived / "manifest.json").read_text(encoding="utf-8"))
        if manifest["status"] not in ("finished", "diverged"):
            raise RunError(f"the archive of run {answer.key} holds one that is {manifest['status']}")
        try:
            os.rename(arrived, final)
        except OSError:
            # Another worker was faster.
            if not final.is_dir():
                raise


class _RayFuture:
    """A task of Ray as a future."""

    def __init__(self, reference: Any) -> None:
        self._reference = reference

    def done(self) -> bool:
        import ray

        return bool(ray.wait([self._reference], timeout=0)[0])

    def result(self) -> Any:
        import ray

        return ray.get(self._reference)

    def cancel(self) -> None:
        import ray

        ray.cancel(self._reference)


class _Ray:
    """Ray as an executor: each run asks for its processors and memory."""

    def __init__(self, address: str) -> None:
        try:
            import ray
        except ImportError:
            raise SettingError('on="ray" needs Ray: pip install ray') from None
        if not ray.is_initialized():
            ray.init(address=None if address == "ray" else address)

    def submit(self, task: Task, manner: Manner, *arguments: Any) -> _RayFuture:
        import ray

        # No node would ever take a task that asks for more than it has: the run itself says what it lacks.
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        most = max((node.get("memory", 0.0) for node in nodes), default=0.0)
        memory = int(min(_MARGIN * task.memory + _BASE, most))
        remote = ray.remote(make).options(num_cpus=manner.threads, memory=memory or None, max_retries=0)
        return _RayFuture(remote.remote(*arguments, manner))


class _Executor:
    """Whatever has ``submit(function, *arguments)`` and answers with a future."""

    def __init__(self, executor: Any) -> None:
        self._executor = executor
        # Dask takes calls with the same arguments for the same task, also after its worker was lost.
        self._named = {"pure": False} if type(executor).__module__.partition(".")[0] == "distributed" else {}

    def submit(self, task: Task, manner: Manner, *arguments: Any) -> Any:
        return self._executor.submit(make, *arguments, manner, **self._named)


def engine(on: Any) -> _Ray | _Executor:
    """The engine that ``on=`` names."""
    if isinstance(on, str):
        if on == "ray" or on.startswith("ray://"):
            return _Ray(on)
        raise SettingError(f'on="{on}" cannot be used: "ray", "ray://HOST:PORT", or an executor is expected')
    if not callable(getattr(on, "submit", None)):
        raise SettingError(
            "on= takes whatever has submit(function, *arguments), as executors of concurrent.futures, Dask clients and "
            f'submitit have, or "ray"; {type(on).__name__} has none'
        )
    return _Executor(on)


def carry_out(
    sweep: Path, tasks: Sequence[Task], on: _Ray | _Executor, manner: Manner, note: Callable[[str], None]
) -> Iterator[Answer]:
    """Hand the runs to an engine, the longest first; what becomes of them, as they end.

    An engine that loses a worker gets its run again. One that is left before the end cancels what has not begun.
    """
    plan = digest(sweep)
    tries: dict[str, int] = {}
    futures: dict[str, Any] = {}
    known = {task.key: task for task in tasks}

    def hand_over(task: Task) -> str | None:
        tries[task.key] = tries.get(task.key, 0) + 1
        try:
            packed = package(sweep, task.key)
            futures[task.key] = on.submit(task, manner, str(sweep), task.key, plan, packed)
        except Exception as error:
            return f"it could not be handed to the engine: {_sentence(error)}"
        return None

    try:
        for task in sorted(tasks, key=lambda task: -task.operations):
            problem = hand_over(task)
            if problem is not None:
                yield Answer(task.key, problem, None, 0.0)
        while futures:
            ended = [key for key, future in futures.items() if future.done()]
            for key in ended:
                answer = _answer(futures.pop(key), key)
                if isinstance(answer, Answer):
                    yield answer
                    continue
                if tries[key] < _TRIES:
                    note(f"{key}: its worker was lost ({answer}), so it is handed over again")
                    answer = hand_over(known[key]) or ""
                if answer:
                    yield Answer(key, f"{answer}; handed over {tries[key]} times", None, 0.0)
            if not ended:
                time.sleep(_PAUSE)
    finally:
        for future in futures.values():
            cancel = getattr(future, "cancel", None)
            if callable(cancel):
                cancel()


def _answer(future: Any, key: str) -> Answer | str:
    """What a task returned, or what became of its worker."""
    try:
        return Answer(*future.result())
    # Engines cancel what they lose in one way or the other.
    except (Exception, asyncio.CancelledError) as error:
        return _sentence(error) or f"nothing is known of run {key}"


def _sentence(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__


class Left:
    """The time that a sweep still needs, by its pace so far."""

    def __init__(self, operations: Mapping[str, float]) -> None:
        self._operations = dict(operations)
        self._all = max(sum(self._operations.values()), 1.0)
        self._done = 0.0
        self._started = time.monotonic()

    def after(self, key: str) -> str:
        """The same in words, after one more run has ended."""
        self._done += self._operations.pop(key, 0.0)
        if not self._operations or self._done == 0.0:
            return ""
        seconds = (time.monotonic() - self._started) * (self._all - self._done) / self._done
        return f", about {seconds / 60:.0f} min left" if seconds > 99 else f", about {seconds:.0f} s left"
