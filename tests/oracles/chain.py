"""The blog's way back written out by hand: un-pooling, ReLU and transposed filters, one after the other."""

import torch
import torch.nn.functional as F


def forward(net, x):
    """Return every layer's output by name, and the max-pools' recorded positions."""
    maps, places = {}, {}
    maps["conv1"] = F.conv2d(x, net.conv1.weight, net.conv1.bias, padding=2)
    maps["relu1"] = maps["conv1"].clamp(min=0)
    maps["pool1"], places["pool1"] = F.max_pool2d(maps["relu1"], 2, return_indices=True)
    maps["conv2"] = F.conv2d(maps["pool1"], net.conv2.weight, net.conv2.bias, padding=2)
    maps["relu2"] = maps["conv2"].clamp(min=0)
    maps["pool2"], places["pool2"] = F.max_pool2d(maps["relu2"], 2, return_indices=True)
    maps["fc1"] = maps["pool2"].flatten(1) @ net.fc1.weight.T + net.fc1.bias
    maps["fc2"] = maps["fc1"].clamp(min=0) @ net.fc2.weight.T + net.fc2.bias
    return maps, places


def back(net, x, layer, signal, rule, unpool):
    """Send ``signal`` (the shape of ``layer``'s output) back to the pixels."""
    maps, places = forward(net, x)

    def rectified(name, r, before):
        slope = (maps[before] > 0).to(r.dtype)
        return {"deconvnet": r.clamp(min=0), "guided": r.clamp(min=0) * slope, "gradient": r * slope}[rule]

    def unpooled(name, r):
        if unpool == "fill":
            return F.interpolate(r, scale_factor=2, mode="nearest")
        return F.max_unpool2d(r, places[name], 2)

    steps = {
        "fc2": lambda r: r @ net.fc2.weight,
        "fc relu": lambda r: rectified("fc relu", r, "fc1"),
        "fc1": lambda r: (r @ net.fc1.weight).reshape(maps["pool2"].shape),
        "pool2": lambda r: unpooled("pool2", r),
        "relu2": lambda r: rectified("relu2", r, "conv2"),
        "conv2": lambda r: F.conv_transpose2d(r, net.conv2.weight, padding=2),
        "pool1": lambda r: unpooled("pool1", r),
        "relu1": lambda r: rectified("relu1", r, "conv1"),
        "conv1": lambda r: F.conv_transpose2d(r, net.conv1.weight, padding=2),
    }
    names = list(steps)
    with torch.no_grad():
        for name in names[names.index(layer) :]:
            signal = steps[name](signal)
    return signal


def selected(maps, unit, position):
    """Keep of ``maps`` only one unit, and of that only what ``position`` says; first maximum in row-major order."""
    kept = torch.zeros_like(maps)
    if position == "map" or maps.ndim == 2:
        kept[:, unit] = maps[:, unit]
        return kept
    for n in range(len(maps)):
        own = maps[n, unit]
        if position == "peak":
            row, column = next(
                (i, j) for i in range(own.shape[0]) for j in range(own.shape[1]) if own[i, j] == own.max()
            )
        else:
            row, column = position
        kept[n, unit, row, column] = own[row, column]
    return kept
