"""A watched training: what is read, what is told, and that nothing of the training changes."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import featurescope as fs

torch = pytest.importorskip("torch", reason="PyTorch is not there: pip install 'featurescope[torch]'")
nn = torch.nn

SAMPLES = 64


def network() -> Any:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(288, 24), nn.ReLU(),
        nn.Linear(24, 4),
    )


def pictures() -> tuple[Any, Any]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(SAMPLES) % 4
    return torch.randn(SAMPLES, 3, 8, 8, generator=generator) + 0.5 * labels[:, None, None, None], labels


def jittered(batch: Any) -> Any:
    """Another view, drawn from three generators that the training draws from too."""
    return batch + 0.1 * torch.randn_like(batch) + 0.1 * np.random.normal() + 0.1 * random.random()


def train(watch: Any = None, steps: int = 12) -> tuple[Any, list[Any]]:
    """A network and everything that its training drew and left."""
    np.random.seed(1)
    random.seed(2)
    model = network()
    model[1].eval()
    model[1].requires_grad_(False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    monitor = watch(model) if watch else None
    batch, labels = pictures()
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(jittered(batch)), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if monitor is not None:
            monitor.step()
    left = [*model.state_dict().values(), *(p.grad for p in model.parameters() if p.grad is not None)]
    left += [torch.rand(3), torch.tensor(np.random.normal(size=3)), torch.tensor(random.random())]
    left += [torch.tensor([module.training for module in model.modules()]), torch.tensor(losses)]
    return monitor, left


def monitor_of(tmp_path: Path, **settings: Any) -> Any:
    batch, labels = pictures()
    usual = {"views": jittered, "labels": labels, "every": 5, "out": tmp_path / "watched"}
    return lambda model: fs.Monitor(model, ["2", "5", "7"], batch, **{**usual, **settings})


@pytest.mark.filterwarnings("ignore::featurescope.MonitorWarning")
class TestTraining:
    def test_it_is_the_same_bits_with_and_without(self, tmp_path: Path) -> None:
        _, without = train()
        monitor, watched = train(monitor_of(tmp_path))
        assert len(without) == len(watched) and monitor.cost.readings == 2
        for a, b in zip(without, watched):
            assert torch.equal(a, b)

    def test_running_statistics_and_modes_come_back_whatever_a_module_does(self, tmp_path: Path) -> None:
        class Counting(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("calls", torch.zeros(()))
                self.norm = nn.BatchNorm1d(3)

            def forward(self, rows: Any) -> Any:
                self.calls += 1
                assert not self.training and not torch.is_grad_enabled()
                if self.calls > 2:
                    raise RuntimeError("enough")
                return self.norm(rows)

        model = Counting()
        model.norm.eval()
        monitor = fs.Monitor(model, "norm", torch.randn(8, 3), out=False)
        assert model.calls == 0 and model.training and not model.norm.training
        model.calls += 2
        with pytest.raises(RuntimeError, match="enough"):
            monitor.step()
            monitor.read()
        assert model.calls == 2 and model.training and not model.norm.training
        assert not model.norm._forward_hooks and torch.is_grad_enabled()

    def test_no_graph_and_no_hook_is_left(self, tmp_path: Path) -> None:
        model = network()
        monitor = monitor_of(tmp_path)(model)
        monitor.step()
        monitor.read()
        gc.collect()
        alive = [item for item in gc.get_objects() if isinstance(item, torch.Tensor) and item.grad_fn is not None]
        assert not alive
        assert not any(module._forward_hooks for module in model.modules())
        assert all(parameter.grad is None for parameter in model.parameters())

    def test_autocast_around_it_keeps_its_gradients(self, tmp_path: Path) -> None:
        model = network()
        monitor = monitor_of(tmp_path, every=1)(model)
        batch, _ = pictures()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            monitor.step()
            model(batch).float().sum().backward()
        assert model[5].weight.grad is not None


@pytest.mark.filterwarnings("ignore::featurescope.MonitorWarning")
class TestReadings:
    def test_are_those_of_diagnose(self) -> None:
        model, (batch, labels) = network(), pictures()
        views = batch + 0.1
        monitor = fs.Monitor(model, ["2", "5"], batch, views=views, labels=labels, every=2, out=False)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            model(batch).square().mean().backward()
            optimizer.step()
            monitor.step()
        model.eval()
        with torch.no_grad():
            pooled = [model[:3](x).mean(dim=(2, 3)) for x in (batch, views)]
            linear = [model[:6](x) for x in (batch, views)]
        for layer, (rows, others) in {"2": pooled, "5": linear}.items():
            table = monitor[layer]
            assert table["step"].tolist() == [0, 2, 4]
            found = fs.diagnose(rows, views=others, labels=labels)
            last = table.row(2)
            for name in ("firing_rate", "dead_neurons", "effective_rank_centred", "alignment", "uniformity"):
                assert last[name] == pytest.approx(found[name], rel=1e-4), name
            assert last["nearest_neighbours"] == found.nearest_neighbours["accuracy"]
            assert last["probe"] == found.probe["score"]
            assert last["collapse"] == {"no": 0, "dimensional": 1, "complete": 2}[found.collapse.split()[0]]
        records = monitor.records
        assert records.shape[0] == 6 and set(records["layer"]) == {"2", "5"}

    def test_batches_views_and_outputs_of_every_kind(self) -> None:
        class Tokens(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.body = nn.LSTM(3, 5, batch_first=True)
                self.head = nn.Linear(5, 2)

            def forward(self, words: Any, scale: Any) -> Any:
                return {"logits": self.head(self.body(words)[0].mean(dim=1) * scale)}

        words, scale = torch.randn(8, 4, 3), torch.ones(8, 1)
        model = Tokens()
        for batch in [(words, scale), {"words": words, "scale": scale}]:
            monitor = fs.Monitor(model, ["body", "head"], batch, out=False)
            assert monitor["body"]["available_directions"][0] == 5
        last = fs.Monitor(model, "body", (words, scale), out=False, reduce=lambda output: output[0][:, -1])
        rows = model.body(words)[0][:, -1]
        assert last["body"]["uniformity"][0] == pytest.approx(fs.diagnose(rows).uniformity, rel=1e-5)

    def test_the_cadence_and_a_reading_out_of_turn(self) -> None:
        monitor = fs.Monitor(network(), "5", pictures()[0], every=3, out=False)
        for _ in range(4):
            monitor.step()
        monitor.read()
        monitor.read()
        assert monitor["5"]["step"].tolist() == [0, 3, 4]

    def test_it_says_what_it_costs(self) -> None:
        monitor = fs.Monitor(network(), "5", pictures()[0], every=1, out=False)
        assert monitor.cost.readings == 0 and monitor.cost.seconds == 0
        monitor.step()
        cost = monitor.cost
        assert cost.readings == 1 and 0 < cost.seconds <= cost.training_seconds and 0 < cost.share <= 1
        assert "1 readings took" in str(cost) and str(cost) in repr(monitor)
        assert 0 < monitor["5"]["seconds"][1] <= cost.seconds


class TestNotices:
    def told(self, change: Any, then: Any = None) -> list[str]:
        """What is told of the first linear layer where `change` befalls it between steps 2 and 3."""
        model = network()
        monitor = fs.Monitor(model, "6", pictures()[0], every=1, out=False)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", fs.MonitorWarning)
            for step in range(1, 6):
                if step in (3, 5):
                    with torch.no_grad():
                        change(model[5])
                monitor.step()
        assert all(item.filename == __file__ for item in caught if issubclass(item.category, fs.MonitorWarning))
        return [str(item.message) for item in caught if issubclass(item.category, fs.MonitorWarning)]

    def test_nothing_is_told_of_a_network_that_stays(self) -> None:
        assert self.told(lambda layer: None) == []

    def test_neurons_that_die_are_told_once(self) -> None:
        told = self.told(lambda layer: layer.bias[:4].fill_(-1e3))
        assert len(told) == 1
        assert told[0].startswith("step 3: 6: 4 of 24 neurons have died"), told

    def test_a_collapse_and_a_jump_are_told_once(self) -> None:
        told = self.told(lambda layer: (layer.weight.fill_(0.01), layer.bias.fill_(1.0)))
        assert len(told) == 2
        assert told[0].startswith("step 3: 6: dimensional collapse") or told[0].startswith("step 3: 6: complete")
        assert told[1].startswith("step 3: 6: the effective rank fell from"), told

    def test_a_training_that_diverges_goes_on_unread(self) -> None:
        told = self.told(lambda layer: layer.weight.fill_(float("nan")))
        assert told == ["step 3: 6: entries are infinite or NaN; such readings are left out"]


@pytest.mark.filterwarnings("ignore::featurescope.MonitorWarning")
class TestFolder:
    def test_it_is_a_run_folder(self, tmp_path: Path) -> None:
        monitor, _ = train(monitor_of(tmp_path))
        assert monitor.path == tmp_path / "watched"
        assert fs.open(monitor.path).status == "running"
        monitor.close()
        monitor.close()
        run = fs.open(monitor.path)
        assert run.status == "finished" and run.name == "monitor" and list(run) == ["2", "5", "7"]
        for layer in run:
            ours, stored = monitor[layer].to_dict(), run[layer].records.to_dict()
            assert list(ours) == list(stored)
            for name in ours:
                np.testing.assert_array_equal(ours[name], stored[name])
        assert "has_views = true" in run.settings
        assert run["5"].summary["step"] == 10
        assert "<svg" in run._repr_html_() and "<svg" in monitor._repr_html_()

    def test_its_report_is_the_terminals_too(self, tmp_path: Path) -> None:
        monitor, _ = train(monitor_of(tmp_path))
        monitor.close()
        page = monitor.report(tmp_path / "ours")
        again = fs.open(monitor.path).report()
        assert again == monitor.path / "report.html" and again.read_bytes() == page.read_bytes()
        again.unlink()
        program = [sys.executable, "-c", "from featurescope._program import main; main()", "report"]
        subprocess.run([*program, str(monitor.path)], check=True, capture_output=True)
        assert again.read_bytes() == page.read_bytes()

    def test_several_make_one_page(self, tmp_path: Path) -> None:
        batch, _ = pictures()
        monitors = [fs.Monitor(network(), ["6", name], batch, every=1, out=tmp_path / name) for name in ("5", "7")]
        for monitor in monitors:
            monitor.step()
        page = fs.report(monitors, out=tmp_path / "page")
        text = page.read_text()
        assert "2 trainings, layer by layer" in text and "7 at the end" in text
        assert len(list((tmp_path / "page" / "figures").glob("layer-*.svg"))) == 3
        # The page shows what was read up to now, of trainings that go on.
        assert len(fs.open(tmp_path / "5")["6"].records) == 2
        with pytest.raises(fs.RunError, match="`judge` cannot use it"):
            fs.judge(monitors)
        for monitor in monitors:
            monitor.close()
        with pytest.raises(fs.RunError, match="`resume` cannot use it"):
            fs._featurescope.resume(tmp_path / "5", None, 1.0, print)

    def test_the_next_free_folder_is_taken(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        batch, _ = pictures()
        paths = []
        for _ in range(2):
            with fs.Monitor(network(), "5", batch) as monitor:
                paths.append(monitor.path)
        assert paths == [Path("runs/monitor-1"), Path("runs/monitor-2")]
        with pytest.raises(fs.RunError, match="is not empty"):
            fs.Monitor(network(), "5", batch, out="runs/monitor-1")

    def test_an_exception_marks_it_as_interrupted(self, tmp_path: Path) -> None:
        with pytest.raises(KeyboardInterrupt), fs.Monitor(network(), "5", pictures()[0], out=tmp_path / "a"):
            raise KeyboardInterrupt
        assert fs.open(tmp_path / "a").status == "interrupted"

    def test_a_script_that_ends_without_closing_has_finished(self, tmp_path: Path) -> None:
        lines = [
            "import torch, featurescope as fs",
            "monitor = fs.Monitor(torch.nn.Sequential(torch.nn.Linear(3, 4)), '0', torch.randn(8, 3), every=1, out='a')",
            "monitor.step()",
        ]
        subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, check=True)
        run = fs.open(tmp_path / "a")
        assert run.status == "finished" and run["0"].records["step"].tolist() == [0, 1]


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"layers": ["nine"]}, "layers: 'nine' is not among the model's named_modules\\(\\): 0, 1, 2"),
            ({"layers": []}, "layers: none is named"),
            ({"layers": ["5", "5"]}, "named twice"),
            ({"every": 0}, "every: 0"),
            ({"every": 1.5}, "every: 1.5"),
            ({"labels": [0, 1]}, "labels: there are 2 for 64 samples"),
            ({"model": "resnet"}, "model: str is no torch.nn.Module"),
            ({"batch": "x"}, "batch: a tensor"),
            ({"reduce": lambda output: output.sum()}, "layers: '5' gives a tensor of shape \\(\\)"),
            ({"views": torch.zeros(3, 3, 8, 8)}, "views: its shape is 3 × 24; expected an array of 64 × 24"),
        ],
    )
    def test_wrong_ones_leave_nothing_behind(self, settings: Any, words: str, tmp_path: Path) -> None:
        usual = {"model": network(), "layers": ["5"], "batch": pictures()[0], "out": tmp_path / "watched"}
        with pytest.raises(fs.Error, match=words):
            fs.Monitor(**{**usual, **settings})
        assert not (tmp_path / "watched").exists()

    def test_without_a_folder_nothing_is_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        monitor = fs.Monitor(network(), "5", pictures()[0], out=False)
        monitor.close()
        assert monitor.path is None and not list(tmp_path.iterdir())
        with pytest.raises(fs.SettingError, match="out"):
            monitor.report()
        assert monitor.report(tmp_path / "page").is_file()
