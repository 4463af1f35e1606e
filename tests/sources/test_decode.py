"""Every kind of picture comes out as the 8-bit RGB that plain arithmetic says."""

import io
import struct
import warnings

import numpy as np
import pytest
from PIL import Image

from phosphene.sources import decode as module
from phosphene.sources.decode import BrokenPicture, decode
from tests.sources.pictures import encoded, noise, png, smooth


def pixels(data):
    picture = decode(data)
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_colour_is_untouched(format):
    assert (pixels(encoded(noise(), format)) == noise()).all()


@pytest.mark.parametrize(("format", "options"), [("JPEG", {"quality": 95}), ("WEBP", {"quality": 95})])
def test_lossy_colour_is_close(format, options):
    assert np.abs(pixels(encoded(smooth(), format, **options)) - smooth()).mean() < 3


def test_lossless_webp_with_alpha_and_without():
    assert (pixels(encoded(noise(), "WEBP", lossless=True)) == noise()).all()
    rgba = np.dstack([noise(), np.full((20, 30), 255, np.uint8)])
    assert (pixels(encoded(rgba, "WEBP", lossless=True)) == noise()).all()


def test_grey_fills_three_channels():
    assert (pixels(encoded(noise(channels=1))) == noise(channels=1)[..., None]).all()


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_is_scaled(format):
    wide = np.array([[0, 255, 256, 257 * 100, 32768, 65535]], np.uint16)
    assert pixels(encoded(wide, format))[0, :, 0].tolist() == [0, 0, 1, 100, 128, 255]


def test_sixteen_bit_grey_of_either_byte_order_is_scaled():
    for order in ("I;16", "I;16B"):
        wide = Image.frombytes(order, (2, 1), np.array([257 * 7, 257 * 200], ">u2" if order[-1] == "B" else "<u2"))
        assert pixels(encoded(wide, "TIFF"))[0, :, 0].tolist() == [7, 200]


def test_sixteen_bit_colour_is_scaled():
    wide = np.array([[[0, 257 * 9, 65535], [257 * 130, 257 * 131, 257 * 132]]], ">u2")
    assert pixels(png(2, 1, 16, 2, [wide[0].tobytes()])).tolist() == [[[0, 9, 255], [130, 131, 132]]]


def test_sixteen_bit_colour_with_alpha_lies_over_white():
    wide = np.array([257 * 10, 257 * 20, 257 * 30, 65535, 0, 0, 0, 0], ">u2")
    assert pixels(png(2, 1, 16, 6, [wide.tobytes()])).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_thirty_two_bit_grey_without_a_known_range_is_stretched():
    wide = np.array([[-1000, 0, 1000]], np.int32)
    assert pixels(encoded(Image.fromarray(wide), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]


def test_float_grey():
    unit = np.array([[0.2, 0.6, np.nan]], np.float32)
    assert pixels(encoded(Image.fromarray(unit), "TIFF"))[0, :, 0].tolist() == [51, 153, 0]
    wide = np.array([[-2, 0, 2]], np.float32)
    assert pixels(encoded(Image.fromarray(wide), "TIFF"))[0, :, 0].tolist() == [0, 128, 255]


def test_one_bit():
    bits = Image.fromarray(np.array([[0, 255, 255, 0]], np.uint8)).convert("1")
    for format in ("PNG", "TIFF", "GIF", "PPM", "BMP"):
        assert pixels(encoded(bits, format))[0, :, 1].tolist() == [0, 255, 255, 0]


def test_cmyk_tiff_is_ink_taken_from_white():
    inks = noise(channels=4)
    ink, black = inks[..., :3].astype(float) / 255, inks[..., 3:].astype(float) / 255
    expected = 255 * (1 - ink) * (1 - black)
    assert np.abs(pixels(encoded(Image.fromarray(inks, "CMYK"), "TIFF")) - expected).max() <= 1.5


def test_cmyk_jpeg_comes_out_in_its_colours():
    flat = np.zeros((32, 32, 4), np.uint8)
    flat[..., 1] = flat[..., 2] = 255  # magenta and yellow: red
    assert np.abs(pixels(encoded(Image.fromarray(flat, "CMYK"), "JPEG", quality=95)) - [255, 0, 0]).max() < 12


def test_palette():
    picture = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    expected = [[[10, 20, 30], [40, 50, 60]], [[70, 80, 90], [40, 50, 60]]]
    for format in ("PNG", "GIF", "BMP", "TIFF"):
        assert pixels(encoded(picture, format)).tolist() == expected


def test_palette_with_transparency_lies_over_white():
    picture = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 0, 0, 0, 0, 0, 0])
    data = encoded(picture, transparency=bytes([255, 0, 51]))  # 51/255 = a fifth opaque
    assert pixels(data).tolist() == [[[10, 20, 30], [255, 255, 255], [204, 204, 204]]]


def test_transparent_gif_lies_over_white():
    picture = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    picture.putpalette([10, 20, 30, 0, 0, 0])
    assert pixels(encoded(picture, "GIF", transparency=1)).tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_colour_key_in_grey_and_in_colour_lies_over_white():
    assert pixels(encoded(np.array([[5, 9]], np.uint8), transparency=9))[0, :, 0].tolist() == [5, 255]
    colour = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    assert pixels(encoded(colour, transparency=(4, 5, 6))).tolist() == [[[1, 2, 3], [255, 255, 255]]]


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_lies_over_white(channels):
    values = noise(channels=channels)
    colour, alpha = values[..., :-1].astype(float), values[..., -1:].astype(float) / 255
    expected = colour * alpha + 255 * (1 - alpha)
    assert np.abs(pixels(encoded(Image.fromarray(values, "LA" if channels == 2 else "RGBA"))) - expected).max() <= 1


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animation_gives_its_first_frame(format):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    assert np.abs(pixels(data) - [255, 0, 0]).max() <= 1


# How EXIF 2.32 (4.6.4.A) has a picture stored: 6, for instance, with row 0 at the right and column 0 at the top.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(orientation, format):
    stored = np.ascontiguousarray(STORED[orientation](noise()))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WEBP" else {}
    assert (pixels(encoded(stored, format, exif=exif, **options)) == noise()).all()


def test_exif_orientation_of_a_jpeg_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the stored row 0 is the right-hand side
    data = encoded(np.ascontiguousarray(np.rot90(smooth())), "JPEG", quality=95, exif=exif)
    assert np.abs(pixels(data) - smooth()).mean() < 3


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("exif", [b"Exif\0\0II*\0\xff\xff\xff\xff broken", b"Exif\0\0no such thing"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_is_no_reason_to_refuse(format, exif):
    assert pixels(encoded(smooth(), format, exif=exif)).shape == smooth().shape


WIDE = 9_999 | 5_000 << 14  # 10,000 x 5,001 as a lossless WebP has it


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png(10_000, 5_001, 8, 2), id="png"),
        pytest.param(png(13_500, 13_500, 8, 0), id="png above Pillow's own limit"),
        pytest.param(png(100_000, 100_000, 1, 0), id="png of ten thousand million"),
        pytest.param(b"P6 10000 5001 255\n", id="ppm"),
        pytest.param(encoded(noise(), "GIF").replace(struct.pack("<HH", 30, 20), b"\xff" * 4, 1), id="gif"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x0f\x27\0\x88\x13\0", id="webp, extended"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x10\x27\x89\x13", id="webp, lossy"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f" + WIDE.to_bytes(4, "little"), id="webp, lossless"),
    ],
)
def test_large_pictures_are_refused_from_their_header(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nor is the user warned of what is refused anyway
        with pytest.raises(BrokenPicture, match=r"it has \d+ x \d+ pixels, more than 50 million"):
            decode(data)


def test_nothing_is_decoded_before_the_size_is_known(monkeypatch):
    data = encoded(noise())
    monkeypatch.setattr(module, "MAX_PIXELS", 599)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("pixels were decoded"))
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda self: pytest.fail("pixels were decoded"))
    with pytest.raises(BrokenPicture, match="30 x 20 pixels"):
        decode(data)
    monkeypatch.setattr(module, "MAX_PIXELS", 600)
    with pytest.raises(pytest.fail.Exception):
        decode(data)


@pytest.mark.slow
def test_a_picture_of_fifty_million_pixels_is_read():
    flat = Image.new("L", (10_000, 5_000), 7)
    out = io.BytesIO()
    flat.save(out, "PNG", compress_level=1)
    assert decode(out.getvalue()).getpixel((9_999, 4_999)) == (7, 7, 7)


def test_truth_of_webp_headers():
    for options in ({"lossless": True}, {"quality": 50}, {"quality": 50, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}):
        data = encoded(noise(37, 53), "WEBP", **options)
        assert module.webp_size(data) == (53, 37)
