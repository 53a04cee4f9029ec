# All five codes side by side
import snnref
from snnref.figures.side_by_side.results import compared

net = snnref.load("digits-cnn")
x, labels = snnref.data.load("digits", split="test")
calibration, _ = snnref.data.load("digits", split="train")
found = snnref.compare(net, x[:10], labels[:10], calibration=calibration[:200], settings={"rate": {"steps": 40}})
print(str(found).partition("\n\nenergy")[0])  # print(found) has the energy too
compared(found)
