"""A training of few steps, recorded: which moments, what they hold, what they cost; also under others' trainers."""

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from phosphene import Network, PhospheneError
from phosphene.errors import UsageError
from phosphene.paper import Recorder, evolution, with_weights
from phosphene.paper.recording import recorded_files, title


class Clock:
    """A clock that others move."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Slow(nn.Linear):
    """A layer whose weights take a second of a clock to read."""

    def __init__(self, clock):
        super().__init__(2, 2)
        self.clock = clock

    def state_dict(self, *args, **kwargs):
        self.clock.now += 1
        return super().state_dict(*args, **kwargs)


def steps(files):
    return [int(path.stem.removeprefix("step-")) for path in files]


def test_moments_are_the_powers_of_two_and_the_last(tmp_path):
    clock = Clock()
    with Recorder(nn.Linear(2, 2), tmp_path / "moments", clock=clock) as recorder:
        for _ in range(21):
            clock.now += 100
            recorder.step()
    assert steps(recorder.files) == [0, 1, 2, 4, 8, 16, 21]
    assert recorded_files(tmp_path / "moments") == recorder.files


def test_it_never_takes_more_than_its_share(tmp_path):
    clock = Clock()
    recorder = Recorder(Slow(clock), tmp_path, share=0.02, clock=clock)
    for _ in range(2000):
        clock.now += 1
        before = len(recorder.files)
        recorder.step()
        if len(recorder.files) > before:
            assert recorder.spent <= 0.02 * clock.now + 1e-9
    # two seconds may be spent when the clock is at 100, 1 of them at the start; three at 150, 2 of them spent before
    assert steps(recorder.files) == [0, 99, 148, 256, 512, 1024]
    assert recorder.spent == 6


def test_what_is_recorded_are_the_weights_of_then(tmp_path):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    seen = [model.weight.detach().clone()]
    with Recorder(model, tmp_path, share=1) as recorder:
        for _ in range(2):
            optimiser.zero_grad()
            model(torch.ones(4, 3)).sum().backward()
            optimiser.step()
            seen.append(model.weight.detach().clone())
            recorder.step()
    assert steps(recorder.files)[0] == 0
    for path in recorder.files:
        assert torch.equal(load_file(path)["weight"], seen[steps([path])[0]])
    assert title(recorder.files[-1]) == "step 2"


def test_shared_weights_are_recorded_and_read_again(tmp_path):
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 2, 1), nn.Conv2d(2, 2, 1))
    model[3].weight = model[2].weight
    with Recorder(model, tmp_path, share=1) as recorder:
        with torch.no_grad():
            model[0].weight += 1
        recorder.step()
    moments = with_weights(Network(model, input_size=(1, 4, 4)), [tmp_path])
    assert [each.name for each in moments] == ["step 0", "step 1"]
    torch.testing.assert_close(moments[1].net.model[0].weight, moments[0].net.model[0].weight + 1)
    assert len(evolution(moments, torch.rand(3, 1, 4, 4)).moments) == len(recorder.files)


def test_an_earlier_training_is_not_mixed_in(tmp_path):
    Recorder(nn.Linear(1, 1), tmp_path).close()
    with pytest.raises(UsageError, match="moments of another training"):
        Recorder(nn.Linear(1, 1), tmp_path)


def test_what_cannot_be_recorded_is_said(tmp_path):
    with pytest.raises(UsageError, match="above 0 and up to 1"):
        Recorder(nn.Linear(1, 1), tmp_path, share=2)
    (tmp_path / "file").write_text("")
    with pytest.raises(PhospheneError, match="cannot make the folder"):
        Recorder(nn.Linear(1, 1), tmp_path / "file" / "moments")
    with pytest.raises(UsageError, match=r"holds no \.safetensors"):
        recorded_files(tmp_path)
    with pytest.raises(UsageError, match="there is no file of weights"):
        recorded_files(tmp_path / "none.safetensors")


@pytest.mark.slow
def test_lightning_records_by_steps_of_the_optimiser(tmp_path):
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 1)

        def training_step(self, batch, _):
            return self.linear(batch[0]).mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    module = Module()
    recorder = Recorder(module, tmp_path / "moments", share=1)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(24, 2)), batch_size=2)
    trainer = lightning.Trainer(
        max_epochs=1, accumulate_grad_batches=2, callbacks=[recorder.lightning()], logger=False, accelerator="cpu",
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(module, data)
    assert trainer.global_step == 6
    assert steps(recorder.files)[-1] == 6
    assert set(steps(recorder.files)) <= {0, 1, 2, 3, 4, 5, 6}
    assert torch.equal(load_file(recorder.files[-1])["linear.weight"], module.linear.weight)


@pytest.mark.slow
def test_hugging_faces_trainer_records(tmp_path):
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("accelerate")

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 1)

        def forward(self, x, labels=None):
            return {"loss": self.linear(x).mean()}

    model = Model()
    recorder = Recorder(model, tmp_path / "moments", share=1)
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "out"), max_steps=5, per_device_train_batch_size=2, report_to=[], use_cpu=True,
        save_strategy="no", disable_tqdm=True, remove_unused_columns=False,
    )  # fmt: skip
    data = [{"x": torch.rand(2), "labels": torch.zeros(1)} for _ in range(20)]
    transformers.Trainer(model, arguments, train_dataset=data, callbacks=[recorder.hugging_face()]).train()
    assert steps(recorder.files)[0] == 0
    assert steps(recorder.files)[-1] == 5
    assert torch.equal(load_file(recorder.files[-1])["linear.weight"], model.linear.weight)
