"""Preprocessing against torchvision's own transforms and against arithmetic."""

import pytest
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import InterpolationMode

from phosphene.errors import UsageError
from phosphene.preprocessing import Preprocessing, Scale, frame_of, measured_scale

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def photograph(width, height):
    values = torch.randint(256, (height, width, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Image.fromarray(values.numpy())


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (333, 500), (224, 224), (1000, 257), (91, 130)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_the_same_pixels_as_torchvision(size, interpolation):
    theirs = transforms.Compose(
        [
            transforms.Resize(256, InterpolationMode(interpolation)),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )
    ours = Preprocessing((224, 224), MEAN, STD, 256, interpolation)
    torch.testing.assert_close(ours(photograph(*size)), theirs(photograph(*size)))


def test_without_resize_the_picture_is_made_just_large_enough():
    framed = Preprocessing((32, 48)).framed(photograph(100, 50))
    assert framed.size == (48, 32)
    assert Preprocessing((32, 32)).framed(photograph(32, 32)).tobytes() == photograph(32, 32).tobytes()


def test_grey_networks_get_one_channel_and_others_need_a_tensor():
    assert Preprocessing((8, 8), (0.5,), (0.5,))(photograph(8, 8)).shape == (1, 8, 8)
    with pytest.raises(UsageError, match="cannot become 5 channels; give a tensor"):
        Preprocessing((8, 8), (0.0,) * 5, (1.0,) * 5)(photograph(8, 8))


def test_the_scale_is_measured_from_any_affine_preprocessing():
    scale = measured_scale(transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)]), (8, 8))
    torch.testing.assert_close(scale.gain, 1 / torch.tensor(STD))
    picture = transforms.ToTensor()(photograph(8, 8))
    torch.testing.assert_close(scale.to_picture(transforms.Normalize(MEAN, STD)(picture)), picture)


def test_picture_values_come_back_from_input_values():
    scale = Scale(torch.tensor([2.0, 0.5, 4.0]), torch.tensor([-1.0, 3.0, 0.25]))
    pictures = torch.rand(2, 3, 4, 5)
    inputs = scale.to_inputs(pictures)
    assert torch.allclose(inputs[:, 1], pictures[:, 1] * 0.5 + 3)
    assert torch.allclose(scale.to_picture(inputs), pictures, atol=1e-6)


@pytest.mark.parametrize("size", [(32, 32), (100, 60), (61, 300)])
def test_a_box_goes_into_the_input_and_back(size):
    frame = frame_of(Preprocessing((32, 32), resize=40), size)
    found = frame.input_box(frame.box((5, 7, 20, 30), size))
    assert found == (5, 7, 20, 30)
