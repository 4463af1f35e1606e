"""A model that changes its number format on the way."""

import pytest
import torch
from torch import nn

import phosphene as ph


class Casting(nn.Module):
    """A convolution in float32, then one in float64."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3).double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (N, 4, H - 4, W - 4) of pictures (N, 3, H, W)."""
        return torch.relu(self.second(torch.relu(self.first(x)).double()))


@pytest.mark.parametrize("position", ["map", "peak"])
def test_signals_are_cast_back_where_the_model_casts(position):
    torch.manual_seed(0)
    model, x = Casting(), torch.randn(2, 3, 16, 16)
    sent = ph.project(ph.Network(model, input_size=(3, 16, 16)), x, "relu_1:1", "gradient", position=position).signal
    assert sent.dtype == torch.float32
    start = x.clone().requires_grad_()
    own = model(start)[:, 1].flatten(1)
    start_from = own if position == "map" else own.amax(1, keepdim=True)
    (expected,) = torch.autograd.grad((start_from**2 / 2).sum(), start)
    torch.testing.assert_close(sent[0], expected, rtol=1e-5, atol=1e-7)
