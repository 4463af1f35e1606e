"""A network of everything at once, forward and back, written out by hand in NumPy and SciPy: no autograd, no PyTorch.

    stem (3x3, stride 2) · norm · relu · pool1 (3x3, stride 2, ceil) ─┬─ depthwise · silu · dilated ─ add · relu_1
                                                                       └──────────────────────────────┘
    relu_1 ─┬─ mean · gate1 · relu_2 · gate2 · sigmoid ─ mul ─┬─ left (1x1) ──┬─ cat · relu_3 · pool2 · last
            └─────────────────────────────────────────────────┘─ right (3x3) ─┘

Arrays of one picture are (C, H, W). ``p`` holds the parameters by the names of a PyTorch state dict.
"""

import numpy as np
from scipy.signal import convolve2d, correlate2d

EPS = 1e-5


# -- convolutions ----------------------------------------------------------------------------------------------------


def dilated(kernel, dilation):
    """Put ``dilation - 1`` zeros between the taps of (kh, kw)."""
    spread = np.zeros([dilation * (n - 1) + 1 for n in kernel.shape])
    spread[::dilation, ::dilation] = kernel
    return spread


def pairs(weight, groups):
    """Yield (output channel, input channel, index of the input channel in the filter)."""
    outputs, inputs = weight.shape[0], weight.shape[1]
    for o in range(outputs):
        for i in range(inputs):
            yield o, o // (outputs // groups) * inputs + i, i


def convolution(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    """Correlate with every filter and add the bias, as a convolutional layer does."""
    x = np.pad(x, [(0, 0), (padding, padding), (padding, padding)])
    maps = [None] * len(weight)
    for o, source, i in pairs(weight, groups):
        part = correlate2d(x[source], dilated(weight[o, i], dilation), "valid")[::stride, ::stride]
        maps[o] = part if maps[o] is None else maps[o] + part
    return np.stack(maps) + bias[:, None, None]


def transposed(r, weight, shape, stride=1, padding=0, dilation=1, groups=1):
    """Send (C_out, h, w) back to ``shape`` (C_in, H, W): every value lays its filter down where it was read."""
    wide = np.zeros((shape[0], shape[1] + 2 * padding, shape[2] + 2 * padding))
    for o, target, i in pairs(weight, groups):
        if not r[o].any():
            continue
        apart = np.zeros([(n - 1) * stride + 1 for n in r.shape[1:]])
        apart[::stride, ::stride] = r[o]
        laid = convolve2d(apart, dilated(weight[o, i], dilation), "full")
        wide[target, : laid.shape[0], : laid.shape[1]] += laid
    return wide[:, padding : padding + shape[1], padding : padding + shape[2]]


# -- pools, both 3x3 with stride 2 and ceil_mode ----------------------------------------------------------------------


def windows(size, padding):
    """Return for one axis the pixels inside the picture of each window; the last may hang over (ceil_mode)."""
    count = -(-(size + 2 * padding - 3) // 2) + 1
    if (count - 1) * 2 >= size + padding:  # a window must begin inside
        count -= 1
    return [[p for p in range(2 * k - padding, 2 * k - padding + 3) if 0 <= p < size] for k in range(count)]


def max_pool(x, padding):
    """Take the maximum of every window."""
    rows, columns = (windows(n, padding) for n in x.shape[1:])
    return np.stack([np.stack([x[:, r][:, :, c].max((1, 2)) for c in columns], 1) for r in rows], 1)


def unpool(r, x, padding, way):
    """Send back to the first maximum of each window, or to all its pixels (where windows overlap, their mean)."""
    sent, met, channels = np.zeros_like(x), np.zeros_like(x), np.arange(len(x))
    if not r.any():
        return sent
    rows, columns = (windows(n, padding) for n in x.shape[1:])
    for i, j in np.ndindex(r.shape[1:]):
        inside = np.ix_(channels, rows[i], columns[j])
        if way == "fill":
            sent[inside] += r[:, i, j, None, None]
            met[inside] += 1
        else:
            first = x[inside].reshape(len(x), -1).argmax(1)
            row, column = np.divmod(first, len(columns[j]))
            sent[channels, rows[i][0] + row, columns[j][0] + column] += r[:, i, j]
    return sent / np.maximum(met, 1) if way == "fill" else sent


# -- non-linearities ---------------------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def slope(kind, x):
    """Return f'(x)."""
    s = sigmoid(x)
    return {"relu": (x > 0) * 1.0, "silu": s * (1 + x * (1 - s)), "sigmoid": s * (1 - s)}[kind]


def bent(r, kind, x, rule):
    """Send back through a non-linearity whose input was ``x``."""
    return {
        "deconvnet": np.maximum(r, 0),
        "guided": np.maximum(r, 0) * slope(kind, x),
        "gradient": r * slope(kind, x),
    }[rule]


# -- the network -------------------------------------------------------------------------------------------------------


def scale(p):
    """Return the factor of each channel in batch norm."""
    return (p["norm.weight"] / np.sqrt(p["norm.running_var"] + EPS))[:, None, None]


def conv(p, name, x, **settings):
    return convolution(x, p[f"{name}.weight"], p[f"{name}.bias"], **settings)


STEM, DEPTHWISE, DILATED = {"stride": 2, "padding": 1}, {"padding": 1, "groups": 8}, {"padding": 2, "dilation": 2}


def forward(p, x):
    """Return the output of every layer for one picture (3, H, W)."""
    m = {"input": x}
    m["stem"] = conv(p, "stem", x, **STEM)
    m["norm"] = (m["stem"] - p["norm.running_mean"][:, None, None]) * scale(p) + p["norm.bias"][:, None, None]
    m["relu"] = np.maximum(m["norm"], 0)
    m["pool1"] = max_pool(m["relu"], 0)
    m["depthwise"] = conv(p, "depthwise", m["pool1"], **DEPTHWISE)
    m["silu"] = m["depthwise"] * sigmoid(m["depthwise"])
    m["dilated"] = conv(p, "dilated", m["silu"], **DILATED)
    m["add"] = m["dilated"] + m["pool1"]
    m["relu_1"] = np.maximum(m["add"], 0)
    m["mean"] = m["relu_1"].mean((1, 2), keepdims=True)
    m["gate1"] = conv(p, "gate1", m["mean"])
    m["relu_2"] = np.maximum(m["gate1"], 0)
    m["gate2"] = conv(p, "gate2", m["relu_2"])
    m["sigmoid"] = sigmoid(m["gate2"])
    m["mul"] = m["relu_1"] * m["sigmoid"]
    m["left"] = conv(p, "left", m["mul"])
    m["right"] = conv(p, "right", m["mul"], padding=1)
    m["cat"] = np.concatenate([m["left"], m["right"]])
    m["relu_3"] = np.maximum(m["cat"], 0)
    m["pool2"] = max_pool(m["relu_3"], 1)
    m["last"] = conv(p, "last", m["pool2"])
    return m


def back(p, m, layer, signal, rule, way):
    """Send ``signal`` (the shape of ``layer``'s output) back to the picture, given its maps ``m``.

    What lies behind ``layer`` carries zeros, and zeros stay zeros, so the whole way is written down once.
    """
    r = {name: np.zeros_like(maps) for name, maps in m.items()}
    r[layer] = r[layer] + signal

    def through(source, target, name=None, **settings):
        r[target] += transposed(r[source], p[f"{source}.weight"], m[target].shape, **settings)

    through("last", "pool2")
    r["relu_3"] += unpool(r["pool2"], m["relu_3"], 1, way)
    r["cat"] += bent(r["relu_3"], "relu", m["cat"], rule)
    r["left"] += r["cat"][: len(m["left"])]
    r["right"] += r["cat"][len(m["left"]) :]
    through("left", "mul")
    through("right", "mul", padding=1)
    # The gate: a product goes back by its gradient, to each factor with the other one held fixed.
    r["relu_1"] += r["mul"] * m["sigmoid"]
    r["sigmoid"] += (r["mul"] * m["relu_1"]).sum((1, 2), keepdims=True)
    r["gate2"] += bent(r["sigmoid"], "sigmoid", m["gate2"], rule)
    through("gate2", "relu_2")
    r["gate1"] += bent(r["relu_2"], "relu", m["gate1"], rule)
    through("gate1", "mean")
    r["relu_1"] += r["mean"] / m["relu_1"][0].size
    r["add"] += bent(r["relu_1"], "relu", m["add"], rule)
    r["dilated"] += r["add"]
    r["pool1"] += r["add"]
    through("dilated", "silu", **DILATED)
    r["depthwise"] += bent(r["silu"], "silu", m["depthwise"], rule)
    through("depthwise", "pool1", **DEPTHWISE)
    r["relu"] += unpool(r["pool1"], m["relu"], 0, way)
    r["norm"] += bent(r["relu"], "relu", m["norm"], rule)
    r["stem"] += r["norm"] * scale(p)
    through("stem", "input", **STEM)
    return r["input"]


def selected(maps, unit, position):
    """Keep of ``maps`` (C, H, W) only one unit, and of that only what ``position`` says."""
    kept = np.zeros_like(maps)
    if position == "map":
        kept[unit] = maps[unit]
        return kept
    place = np.unravel_index(maps[unit].argmax(), maps[unit].shape) if position == "peak" else position
    kept[unit][place] = maps[unit][place]
    return kept
