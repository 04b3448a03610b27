"""`OnnxNetwork`: an ONNX file of this package, opened with onnxruntime."""

from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as state

from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.inference.metadata import UNREADABLE, NetworkMetadata
from kaggle_fkd.inference.providers import execution_providers, thread_count
from kaggle_fkd.system.reading import read_file
from kaggle_fkd.system.text import first_line

UNUSABLE = (
    state.EPFail, state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf,
    state.NotImplemented, state.RuntimeException,
)  # fmt: skip
"""What onnxruntime raises for a file that it cannot run; they have no class in common."""
ONLY_ERRORS = 3
"""onnxruntime's level of logging: it warns of devices that it does not find."""
REMEDY = "export it again: kaggle-fkd export RUN (or install the package again, if it is its own)"


class OnnxNetwork:
    """An exported network; it can be pickled, and is read anew where it is unpickled."""

    task: str
    """What it must have been exported for."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        """Read the file.

        Raises RunError for a file that is missing, damaged or of another kind, UsageError for a
        device that onnxruntime cannot use.
        """
        self.path, self.device = path, device
        self._session, self.metadata = _open(path, device)
        if self.metadata.task != self.task:
            raise RunError(
                f"{path}: exported for {self.metadata.task}, not for {self.task}",
                "use another file",
            )

    def __reduce__(self) -> tuple[type[Self], tuple[Path, str]]:
        # A worker process may have another working folder.
        return type(self), (self.path.absolute(), self.device)

    def run(self, output: str, **inputs: NDArray[Any]) -> NDArray[np.float32]:
        """The output of that name for the inputs by name, which are all that the file has.

        Raises RunError for a file that has others, or cannot be computed.
        """
        try:
            (result,) = self._session.run([output], inputs)
        except (*UNUSABLE, ValueError) as error:
            raise RunError(
                f"{self.path}: cannot be computed ({first_line(str(error))})", REMEDY
            ) from error
        return np.asarray(result, np.float32)


def read_metadata(path: Path) -> NetworkMetadata:
    """What an exported network is; raises RunError as `OnnxNetwork` does."""
    return _open(path, "cpu")[1]


def _open(path: Path, device: str) -> tuple[onnxruntime.InferenceSession, NetworkMetadata]:
    try:
        session = new_session(read_file(path), device)
        return session, NetworkMetadata.from_strings(session.get_modelmeta().custom_metadata_map)
    except OSError as error:
        raise RunError(f"{path}: cannot be read ({error.strerror or error})", REMEDY) from error
    except UsageError:
        raise
    except (*UNUSABLE, *UNREADABLE) as error:
        raise RunError(
            f"{path}: not a network that was exported here ({first_line(str(error))})", REMEDY
        ) from error


def new_session(content: bytes, device: str) -> onnxruntime.InferenceSession:
    """What runs an ONNX model, with a few threads.

    Raises UsageError for a device that onnxruntime cannot use, one of `UNUSABLE` for a model that
    it cannot run.
    """
    if not isinstance(device, str):
        raise UsageError(f"device={device!r}: not a name", 'give "cpu", "cuda" or "auto"')
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    options.log_severity_level = ONLY_ERRORS
    # Waiting threads would otherwise keep a processor busy between two faces.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = execution_providers(device)
    session = onnxruntime.InferenceSession(content, options, providers)
    wanted = providers[0] if isinstance(providers[0], str) else providers[0][0]
    if session.get_providers()[0] != wanted:
        raise UsageError(
            f"the device {device}: onnxruntime has {wanted}, but cannot use it here",
            "check its driver and libraries, or use cpu",
        )
    return session
