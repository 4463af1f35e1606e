"""The two networks that come along, both for 32x32 colour pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BlogNet(nn.Module):
    """The blog post's network: two 5x5 convolutions, two fully connected layers, 4.3 million weights.

    Takes ``(N, 3, 32, 32)``, gives class scores ``(N, classes)`` before the softmax.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(64 * 8 * 8, 1024)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(1024, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``(N, classes)`` of pictures ``(N, 3, 32, 32)``."""
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        scores: Tensor = self.fc2(self.dropout(x))
        return scores


class DeepNet(nn.Module):
    """Nine 3x3 convolutions with batch norm and two residual sums: 2.1 million weights, 0.5 GFLOP a picture.

    Where a max-pool follows a convolution it stands before the norm, which then works on a quarter of the
    values. Takes ``(N, 3, 32, 32)``, gives class scores ``(N, classes)`` before the softmax.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1, self.norm1, self.relu1 = _block(3, 32)
        self.conv2, self.norm2, self.relu2 = _block(32, 128)
        self.pool1 = nn.MaxPool2d(2)
        self.conv3, self.norm3, self.relu3 = _block(128, 128)
        self.conv4, self.norm4, self.relu4 = _block(128, 128)
        self.conv5, self.norm5, self.relu5 = _block(128, 192)
        self.pool2 = nn.MaxPool2d(2)
        self.conv6, self.norm6, self.relu6 = _block(192, 192)
        self.conv7, self.norm7, self.relu7 = _block(192, 192)
        self.conv8, self.norm8, self.relu8 = _block(192, 224)
        self.pool3 = nn.MaxPool2d(2)
        self.conv9, self.norm9, self.relu9 = _block(224, 224)
        self.pool = nn.MaxPool2d(4)
        self.fc = nn.Linear(224, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores ``(N, classes)`` of pictures ``(N, 3, 32, 32)``."""
        x = self.relu1(self.norm1(self.conv1(x)))
        x = self.relu2(self.norm2(self.pool1(self.conv2(x))))
        x = x + self.relu4(self.norm4(self.conv4(self.relu3(self.norm3(self.conv3(x))))))
        x = self.relu5(self.norm5(self.pool2(self.conv5(x))))
        x = x + self.relu7(self.norm7(self.conv7(self.relu6(self.norm6(self.conv6(x))))))
        x = self.relu8(self.norm8(self.pool3(self.conv8(x))))
        x = self.relu9(self.norm9(self.conv9(x)))
        scores: Tensor = self.fc(torch.flatten(self.pool(x), 1))
        return scores / 8  # at the convolutions' learning rate the unscaled scores run away


def _block(inputs: int, outputs: int) -> tuple[nn.Conv2d, nn.BatchNorm2d, nn.ReLU]:
    """A 3x3 convolution that starts by passing its input on (Dirac), where it has channels enough."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    if inputs > 3:  # a first layer of copied colours would hardly become edges
        nn.init.dirac_(conv.weight.data[:inputs])
    return conv, nn.BatchNorm2d(outputs), nn.ReLU()
