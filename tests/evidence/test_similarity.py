import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from phosphene.evidence.similarity import cosine, ssim
from tests.evidence.planted import fresh_seed


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(fresh_seed()))


@pytest.mark.parametrize(("side", "window"), [(20, 7), (6, 5), (4, 3)])
def test_ssim_is_that_of_scikit_image(side, window):
    a, b = drawn(3, 3, side, side), drawn(3, 3, side, side)
    whole = torch.tensor([[0, 0, side, side]]).repeat(3, 1)
    expected = [
        structural_similarity(
            (x / x.abs().max()).numpy(), (y / y.abs().max()).numpy(), win_size=window, data_range=2, channel_axis=0
        )
        for x, y in zip(a, b, strict=True)
    ]
    assert np.allclose(ssim(a, b, whole), expected, atol=1e-6)


def test_ssim_looks_at_the_box_alone():
    a, b = torch.zeros(2, 3, 24, 24), torch.zeros(2, 3, 24, 24)
    a[:, :, 4:15, 8:20], b[:, :, 4:15, 8:20] = drawn(2, 3, 11, 12), drawn(2, 3, 11, 12)
    box = torch.tensor([[4, 8, 15, 20]]).repeat(2, 1)
    inner = torch.tensor([[0, 0, 11, 12]]).repeat(2, 1)
    assert torch.allclose(ssim(a, b, box), ssim(a[:, :, 4:15, 8:20], b[:, :, 4:15, 8:20], inner))


def test_how_loud_a_picture_is_does_not_count():
    a = drawn(2, 3, 9, 9)
    whole = torch.tensor([[0, 0, 9, 9]]).repeat(2, 1)
    assert torch.allclose(ssim(a, 7 * a, whole), torch.ones(2).double())
    assert torch.allclose(cosine(a, 7 * a), torch.ones(2).double())


def test_cosine_by_hand():
    a, b = torch.tensor([[[[3.0, 4.0]]]]), torch.tensor([[[[4.0, 3.0]]]])
    assert cosine(a, b).item() == pytest.approx(24 / 25)
    assert cosine(a, -a).item() == pytest.approx(-1)


def test_an_empty_picture_is_like_nothing():
    a, none = drawn(1, 3, 9, 9), torch.zeros(1, 3, 9, 9)
    assert cosine(a, none).isnan().all()
    assert ssim(a, none, torch.tensor([[0, 0, 9, 9]])).isnan().all()
    assert ssim(a[..., :2], a[..., :2], torch.tensor([[0, 0, 9, 2]])).isnan().all()
