"""Diagnosis of arrays: their figures by NumPy and scikit-learn, every layout, and the terminal's answer."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featurescope as fs

SAMPLES, NEURONS, CLASSES = 240, 12, 3


def features(seed: int = 0) -> np.ndarray:
    """Rectified features with classes, a dead neuron and a silent sample."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(CLASSES, NEURONS))
    rows = centres[np.arange(SAMPLES) % CLASSES] + rng.normal(size=(SAMPLES, NEURONS))
    rows = np.maximum(rows, 0).astype(np.float32)
    rows[:, 4] = 0
    rows[7] = 0
    return rows


def classes() -> np.ndarray:
    return np.arange(SAMPLES) % CLASSES


def rank(rows: np.ndarray) -> float:
    values = np.linalg.svd(rows.astype(np.float64), compute_uv=False)
    shares = values[values > 1e-10 * values[0]] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def directions(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


class TestFigures:
    def test_are_those_of_numpy(self) -> None:
        a, b = features(), features(1)
        found = fs.diagnose(a, views=b)
        energy = (a.astype(np.float64) ** 2).mean(axis=0).sum()
        mean = (a.astype(np.float64).mean(axis=0) ** 2).sum()
        speaking = a.any(axis=1)
        u, v = directions(a), directions(b)
        both = speaking & b.any(axis=1)
        cosines = (u[speaking] @ u[speaking].T)[np.triu_indices(speaking.sum(), 1)]
        expected = {
            "effective_rank": rank(a),
            "effective_rank_centred": rank(a - a.mean(axis=0)),
            "varying_energy_fraction": 1 - mean / energy,
            "uniformity": np.log(np.exp(4 * cosines - 4).mean()),
            "alignment": ((u - v)[both] ** 2).sum(axis=1).mean(),
            "firing_rate": (a != 0).mean(),
            "silent_fraction": (~speaking).mean(),
            "dead_neurons": 1,
            "available_directions": NEURONS,
            "samples": SAMPLES,
            "neurons": NEURONS,
        }
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-5), name
            assert getattr(found, name) == found[name] == found.to_dict()[name]
        assert found.collapse == "no collapse"

    def test_neighbours_are_those_of_scikit_learn(self) -> None:
        nearest = pytest.importorskip("sklearn.neighbors", reason="scikit-learn is not there")
        a, y = features(), classes()
        judged = fs.diagnose(a, labels=y).nearest_neighbours
        assert judged is not None
        near = nearest.NearestNeighbors(n_neighbors=judged["k"] + 1, metric="cosine").fit(a)
        _, order = near.kneighbors(a)
        others = [[j for j in row if j != i][: judged["k"]] for i, row in enumerate(order)]
        votes = [np.bincount(y[row], minlength=CLASSES).argmax() for row in others]
        # The silent sample has no direction, and two roundings may order equal cosines differently.
        assert judged["accuracy"] == pytest.approx((votes == y).mean(), abs=2 / SAMPLES)
        assert judged["chance"] == pytest.approx(1 / CLASSES)

    def test_the_probe_finds_what_scikit_learn_finds(self) -> None:
        linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not there")
        from sklearn.model_selection import cross_val_score

        a, y = features(), classes()
        probe = fs.diagnose(a, labels=y).probe
        assert probe is not None and probe["rule"] == "logistic regression"
        theirs = cross_val_score(linear.LogisticRegression(max_iter=1000), a, y, cv=5).mean()
        assert probe["lower"] <= theirs <= probe["upper"]
        unrelated = fs.diagnose(a, labels=np.random.default_rng(5).integers(0, CLASSES, SAMPLES)).probe
        assert unrelated is not None and unrelated["lower"] < 0.5

    def test_values_are_predicted(self) -> None:
        a = features()
        probe = fs.diagnose(a, labels=a[:, 0] - 2 * a[:, 3] + 0.25).probe
        assert probe is not None and probe["unit"] == "R²" and probe["score"] > 0.99

    def test_faults_have_remarks_and_advice(self) -> None:
        line = np.outer(np.random.default_rng(0).normal(size=100), np.arange(1, 31)).astype(np.float32)
        found = fs.diagnose(line)
        assert found.collapse == "dimensional collapse" and found.advice
        remark = next(remark for remark in found.remarks if remark.about == "directions")
        assert "dimensional collapse" in str(remark) and remark.advice in found.advice


def layouts() -> dict[str, Any]:
    """The same matrix in every layout and kind that holds it exactly."""
    base = np.round(features() * 8) / 8
    wide = np.zeros((2 * SAMPLES, 3 * NEURONS), np.float32)
    wide[::2, ::3] = base
    record = np.zeros(SAMPLES, np.dtype([("flag", "u1"), ("row", "f4", (NEURONS,))]))
    record["row"] = base
    frozen = base.copy()
    frozen.flags.writeable = False
    return {
        "C": base,
        "Fortran": np.asfortranarray(base),
        "strided": wide[::2, ::3],
        "reversed": base[::-1, ::-1].copy()[::-1, ::-1],
        "read-only": frozen,
        "big-endian": base.astype(">f4"),
        "big-endian double, Fortran": np.asfortranarray(base.astype(">f8")),
        "double": base.astype(np.float64),
        "half": base.astype(np.float16),
        "half, strided": np.repeat(base.astype(np.float16), 2, axis=1)[:, ::2],
        "unaligned": record["row"],
        "list": base.tolist(),
    }


@pytest.mark.parametrize("layout", layouts())
def test_every_layout_is_the_same_matrix(layout: str) -> None:
    given = layouts()
    ours = fs.diagnose(given[layout], views=given["strided"][::-1], labels=classes(), samples=100)
    expected = fs.diagnose(given["C"], views=given["C"][::-1], labels=classes(), samples=100)
    assert ours.to_dict() == expected.to_dict()


@pytest.mark.parametrize("kind", ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4"])
def test_whole_numbers_are_read(kind: str) -> None:
    rows = (features() > 0).astype(kind)
    assert fs.diagnose(rows).to_dict() == fs.diagnose(rows.astype(np.float32)).to_dict()


def test_a_repeated_row_without_memory_of_its_own() -> None:
    found = fs.diagnose(np.broadcast_to(features()[0], (SAMPLES, NEURONS)))
    assert found.collapse == "complete collapse" and found.varying_energy_fraction == pytest.approx(0, abs=1e-6)


class TestPyTorch:
    @pytest.fixture
    def torch(self) -> Any:
        return pytest.importorskip("torch", reason="PyTorch is not there")

    @pytest.mark.parametrize("kind", ["float32", "float64", "float16", "bfloat16"])
    def test_tensors_are_read_where_they_lie(self, torch: Any, kind: str) -> None:
        base = np.round(features())
        tensor = torch.tensor(base, dtype=getattr(torch, kind))
        expected = fs.diagnose(base, labels=classes()).to_dict()
        assert fs.diagnose(tensor, labels=torch.tensor(classes())).to_dict() == expected
        assert fs.diagnose(tensor.t().contiguous().t(), labels=classes()).to_dict() == expected

    def test_a_graph_is_no_matter(self, torch: Any) -> None:
        tensor = torch.tensor(features(), requires_grad=True) * 1.0
        assert fs.diagnose(tensor).to_dict() == fs.diagnose(features()).to_dict()
        assert tensor.requires_grad

    def test_what_is_no_dense_tensor_of_this_machine_is_refused(self, torch: Any) -> None:
        with pytest.raises(fs.SettingError, match="features: they are on the device meta"):
            fs.diagnose(torch.zeros(8, 3, device="meta"))
        with pytest.raises(fs.SettingError, match="sparse"):
            fs.diagnose(torch.eye(8).to_sparse())
        if torch.cuda.is_available():
            with pytest.raises(fs.SettingError, match="cuda"):
                fs.diagnose(torch.zeros(8, 3, device="cuda"))


def test_an_array_on_a_card_is_refused_with_a_sentence() -> None:
    class OnCard:
        device = "cuda:0"

        def __dlpack_device__(self) -> tuple[int, int]:
            return 2, 0

    with pytest.raises(fs.SettingError, match=r"features: they are on the device cuda:0, .*tensor\.cpu\(\)"):
        fs.diagnose(OnCard())


def test_jax_arrays() -> None:
    jax = pytest.importorskip("jax", reason="JAX is not there")
    base = np.round(features())
    expected = fs.diagnose(base).to_dict()
    for kind in ("float32", "float16", "bfloat16"):
        assert fs.diagnose(jax.numpy.asarray(base, dtype=kind)).to_dict() == expected, kind


class TestLabels:
    def accuracy(self, labels: Any, **settings: Any) -> Any:
        judged = fs.diagnose(features(), labels=labels, **settings).nearest_neighbours
        assert judged is not None
        return judged["accuracy"]

    def test_of_every_kind(self) -> None:
        expected = self.accuracy(classes())
        names = np.array(["cat", "dog", "owl"])[classes()]
        for labels in [
            classes().astype(np.uint8),
            classes().astype(">f8"),
            classes().reshape(-1, 1),
            classes().tolist(),
            names,
            names.astype("S3"),
            names.astype(object),
            classes().astype(bool) | (classes() == 0),
        ][:-1]:
            assert self.accuracy(labels) == expected

    def test_missing_ones(self) -> None:
        some = classes()
        some[::2] = -1
        texts = [None if label < 0 else str(label) for label in some]
        assert self.accuracy(some, unlabelled=-1) == self.accuracy(texts) != self.accuracy(classes())
        assert self.accuracy(np.where(some < 0, np.nan, some), unlabelled=float("nan")) == self.accuracy(texts)

    def test_wrong_ones(self) -> None:
        for labels, words in [
            (classes()[1:], "labels: there are 239; expected an array of 240 labels"),
            (np.zeros((SAMPLES, 2)), "one label per sample"),
            (np.where(classes() == 1, np.nan, 0.5), "row 1 is NaN.*unlabelled=NaN"),
            ([1, None] * (SAMPLES // 2), "row 0 is 1"),
        ]:
            with pytest.raises(fs.SettingError, match=words):
                fs.diagnose(features(), labels=labels)
        with pytest.raises(fs.SettingError, match="labels_as='classes'"):
            fs.diagnose(features(), labels=["a", "b"] * (SAMPLES // 2), labels_as="values")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros(8), "features: its shape is 8; expected an array of samples × neurons"),
        (np.zeros((8, 2, 4, 4)), "its shape is 8 × 2 × 4 × 4.*average or flatten"),
        (np.zeros((0, 4)), "its shape is 0 × 4"),
        (np.zeros((3, 4)), "its shape is 3 × 4"),
        (np.zeros((8, 0)), "its shape is 8 × 0"),
        (np.zeros((8, 2), complex), "complex128, no real numbers"),
        (np.zeros((8, 2), np.longdouble), "no real numbers of 8 bytes or fewer"),
        (np.array([["a", "b"]] * 8), "no real numbers"),
        (np.ma.masked_equal(np.arange(16.0).reshape(8, 2), 3), "masked"),
        (np.where(np.arange(16).reshape(8, 2) == 5, np.inf, 1), "the entry at row 2, column 1 is inf"),
        (np.full((8, 2), 1e300), "beyond single precision"),
        ([[1, 2], [3]] * 4, "features: no array"),
        ({}, "no representation"),
        ({"a": np.ones((8, 2)), "b": np.ones((9, 2))}, "`a` has 8 rows, `b` has 9"),
    ],
)
def test_what_is_no_representation_is_refused(given: Any, words: str) -> None:
    with pytest.raises(fs.SettingError, match=words):
        fs.diagnose(given)


def test_settings_are_checked() -> None:
    with pytest.raises(fs.SettingError, match="samples: 3 is too small"):
        fs.diagnose(features(), samples=3)
    with pytest.raises(fs.SettingError, match='labels_as: "kinds" is unknown'):
        fs.diagnose(features(), labels=classes(), labels_as="kinds")  # type: ignore[arg-type]
    with pytest.raises(fs.SettingError, match="views: its shape is 239 × 12; expected an array of 240 × 12"):
        fs.diagnose(features(), views=features()[1:])
    with pytest.raises(fs.SettingError, match="views: by name"):
        fs.diagnose({"a": features()}, views=features())


def test_the_terminal_says_the_same_of_files(tmp_path: Path) -> None:
    """Of more samples than are looked at, and with a neuron that numbers the rows."""
    rows, others = features(), features(1)
    rows[:, 5] = np.arange(SAMPLES)
    for name, array in [("a", rows), ("b", others), ("y", classes())]:
        np.save(tmp_path / f"{name}.npy", array)
    program = [sys.executable, "-c", "from featurescope._program import main; main()", "diagnose", "a.npy"]
    options = ["--pairs", "b.npy", "--labels", "y.npy", "--samples", "90", "--json", "--out", "page"]
    answer = subprocess.run([*program, *options], cwd=tmp_path, capture_output=True, check=True, text=True)
    theirs = json.loads(answer.stdout)
    ours = fs.diagnose(rows, views=others, labels=classes(), samples=90).to_dict()
    assert set(ours) == set(theirs) and ours["samples"] == 90
    about_files = {"name", "file", "sha256", "taken", "labels", "notes"}
    for name in set(theirs) - about_files:
        assert ours[name] == theirs[name] or name == "remarks", name
    assert [note.replace("--samples", "samples=") for note in theirs["notes"]] == ours["notes"]
    assert [remark["finding"] for remark in theirs["remarks"]] == [remark["finding"] for remark in ours["remarks"]]


class TestResult:
    def test_several_are_known_by_name(self) -> None:
        found = fs.diagnose({"layer1": features(), "layer2": features(1)}, labels=classes())
        assert isinstance(found, fs.Diagnoses) and list(found) == ["layer1", "layer2"]
        assert found["layer2"].firing_rate == fs.diagnose(features(1)).firing_rate
        assert "layer1" in repr(found) and "From one representation to the next" in found._repr_html_()

    def test_it_shows_itself(self) -> None:
        rows = features()
        found = fs.diagnose(rows, views=features(1), labels=classes(), samples=90)
        text, html = repr(found), found._repr_html_()
        assert "effective rank, mean removed" in text and "dead neurons" in text
        assert html.count("<svg") == 2 and "samples= changes" in html and "(samples=)" in html
        assert "--" not in text

    def test_the_page_is_written(self, tmp_path: Path) -> None:
        page = fs.diagnose({"<b>a": features()}, labels=classes(), samples=90).report(tmp_path / "page")
        text = page.read_text(encoding="utf-8")
        assert page == tmp_path / "page" / "report.html" and "Diagnosis of &lt;b&gt;a" in text
        assert "featurescope.diagnose(" in text and "in memory" in text and "--samples" not in text
        assert (tmp_path / "page" / "figures" / "diagnostics.svg").is_file()


def test_other_threads_go_on_meanwhile() -> None:
    rows = np.random.default_rng(0).normal(size=(3000, 256)).astype(np.float32)
    ticks, is_done = [0], threading.Event()

    def tick() -> None:
        while not is_done.is_set():
            ticks[0] += 1
            time.sleep(0.001)

    ticking = threading.Thread(target=tick)
    ticking.start()
    before = ticks[0]
    fs.diagnose(rows, labels=np.arange(3000) % 5, samples=3000)
    during = ticks[0] - before
    is_done.set()
    ticking.join()
    assert during > 5, "with the lock held there would be one or two"
