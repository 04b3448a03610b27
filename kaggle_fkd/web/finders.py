"""`Finders`: some networks, for each number of keypoints that they give."""

from functools import cached_property

from kaggle_fkd.errors import UsageError
from kaggle_fkd.inspection.responses import InspectedNetwork
from kaggle_fkd.keypoints import KeypointScheme, convertible_to
from kaggle_fkd.photo.finder import FaceKeypoints


class Finders:
    """The same networks, opened once, for every scheme that they can be converted to."""

    def __init__(self, default: FaceKeypoints) -> None:
        """`default` is used by requests that do not say how many points they want."""
        self.default = default
        self._by_points = {
            str(len(scheme.names)): default.with_points(len(scheme.names))
            for scheme in convertible_to(default.networks.scheme)
        }

    @property
    def schemes(self) -> list[KeypointScheme]:
        """The schemes that requests can choose from."""
        return [finder.scheme for finder in self._by_points.values()]

    @cached_property
    def inspected(self) -> InspectedNetwork:
        """The network for keypoints, whose intermediate outputs are shown; the first of several."""
        networks = self.default.networks
        return InspectedNetwork(networks.files[0].path, networks.convention)

    def choose(self, points: str | None) -> FaceKeypoints:
        """The one with that number of points, as a request spells it; UsageError without one."""
        if points is None:
            return self.default
        if points not in self._by_points:
            raise UsageError(
                f"these networks do not give {points!r} points",
                f"choose {' or '.join(self._by_points)}",
            )
        return self._by_points[points]
