"""`NetworkShape`: the sizes of a network's input and output, whatever its architecture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

MAX_SIZE = 4096
"""The largest number of pixels of a side, of keypoints and of heads."""


@dataclass(frozen=True)
class NetworkShape:
    """The size of the faces, and the heads that predict their keypoints."""

    height: int
    """Height of the faces, in pixels."""
    width: int
    """Width of the faces, in pixels."""
    keypoints: int
    """K, keypoints per head."""
    heads: int
    """Sets of keypoints predicted for each face: one for each label convention, or a shared one."""
    mirrored: bool = False
    """If true, as many extra heads, placed after the others, predict mirrored faces."""

    def __post_init__(self) -> None:
        sizes = (self.height, self.width, self.keypoints, self.heads)
        if not all(isinstance(size, int) and 0 < size <= MAX_SIZE for size in sizes):
            raise TypeError(f"a network's sizes must be integers from 1 to {MAX_SIZE}, not {sizes}")

    @property
    def total_heads(self) -> int:
        """H, the number of heads for unmirrored and for mirrored faces together."""
        return self.heads * (2 if self.mirrored else 1)

    def mirrored_head_index(self, heads: "Tensor", mirrored: "Tensor | bool") -> "Tensor":
        """N, the heads to use instead of `heads`, N, where faces (N, or all) are mirrored."""
        return heads + self.heads * mirrored if self.mirrored else heads
