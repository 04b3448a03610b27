"""Similarities for tests: of given parts, and a hypothesis strategy of many."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

FACE = np.random.default_rng(0).uniform(10, 85, (68, 2))
"""68 x 2, points spread over a chip of 96 pixels."""


def a_map(scale: float, degrees: float, x: float, y: float) -> NDArray[np.float64]:
    """2 x 3: scale, turn clockwise on the screen, shift by x and y."""
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[cos, -sin, x], [sin, cos, y]])


maps = st.builds(
    a_map, st.floats(0.05, 20), st.floats(-180, 180), st.floats(-300, 300), st.floats(-300, 300)
)
