"""The plots: curves with intervals, bars with intervals, confusion matrices."""

from phosphene.draw.bars import bars as bars
from phosphene.draw.confusion import confusion as confusion
from phosphene.draw.lines import Panel as Panel
from phosphene.draw.lines import Series as Series
from phosphene.draw.lines import curves as curves
from phosphene.draw.plot import Plot as Plot
