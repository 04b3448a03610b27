"""The networks that come with the package, as ONNX files."""

from pathlib import Path

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
"""The folder of the files, which MODEL_CARD.md describes."""
DETECTOR, POINTS68 = WEIGHTS / "detector.onnx", WEIGHTS / "points68.onnx"
"""The face detector, and the network for iBUG's keypoints of a face."""
