"""A projection shows itself in a notebook: the pictures, what comes back of them, and nothing from elsewhere."""

import base64
import io
import re

import numpy as np
import torch
from PIL import Image
from torch import nn

import phosphene as ph
from phosphene.draw.colour import signed
from tests.explore.reading import read


def projected(images=2, side=8, units="1", channels=4):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = ph.Network(nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.ReLU()), input_size=(3, side, side))
        net.model[0].bias.data[2] = -100  # never above zero
        return ph.project(net, torch.rand(images, 3, side, side), units)


def shown(projection):
    return read(projection._repr_html_().encode())


def picture(element):
    head, body = element.attributes["src"].split(",")
    return head, np.asarray(Image.open(io.BytesIO(base64.b64decode(body))).convert("RGB"))


def test_each_picture_stands_before_what_comes_back_of_it():
    found = projected()
    page = shown(found)
    images = page.all("img")
    assert len(images) == 2 * (1 + 3)
    for image in range(2):
        row = images[4 * image : 4 * image + 4]
        assert row[0].attributes["alt"] == f"image {image}, as the network sees it"
        seen = (found.inputs[image] * 255).round().byte().permute(1, 2, 0).numpy()
        assert (picture(row[0])[1] == seen).all()
        for element, unit in zip(row[1:], (0, 1, 3), strict=True):
            assert element.attributes["alt"] == f"1:{unit} on image {image}: {found.activation[unit, image]:.2f}"
            assert (picture(element)[1] == signed(found.pixels[unit, image][None])[0]).all()


def test_a_silent_unit_says_so():
    assert shown(projected(1)).text.count("not active here") == 1


def test_small_pictures_keep_their_pixels_and_large_ones_are_small_files():
    small, large = shown(projected(1, 8)), shown(projected(1, 300, "1:0"))
    assert {picture(each)[0] for each in small.all("img")} == {"data:image/png;base64"}
    assert all("pixelated" in each.attributes["style"] for each in small.all("img"))
    assert {picture(each)[0] for each in large.all("img")} == {"data:image/webp;base64"}
    assert max(max(picture(each)[1].shape) for each in large.all("img")) <= 192


def test_many_are_cut_short_and_it_says_how_many():
    page = shown(projected(20, channels=40))
    assert len(page.all("figure")) == 12 * (1 + 5)
    assert "Not shown: 8 more images and 35 more units; .sheet() draws all." in page.text


def test_nothing_is_asked_of_the_page_or_of_others():
    html = projected()._repr_html_()
    assert not re.search(r"https?:|<style|<script|class=|id=|url\(|src=\"(?!data:)", html)
    assert "color:" not in html.replace("background:", "").replace("border:", "")
