"""The exported networks of a run's members: made once, and kept beside the weights.

Importing this does not import torch.
"""

from typing import TypeVar

from kaggle_fkd.errors import FkdError, RunError
from kaggle_fkd.inference.network import OnnxNetwork
from kaggle_fkd.runs.member import Member, digest_of
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.extras import require_modules

File = TypeVar("File", bound=OnnxNetwork)


def open_exported(run: Run, member: Member, kind: type[File], device: str) -> File:
    """The member's network, exported now if it has not been, or has been trained again since, or in
    another format.

    Raises what `export_members` and `OnnxNetwork` raise, UsageError without the libraries that an
    export needs.
    """
    path = member.exported_file
    if path.exists():
        try:
            network = kind(path, device)
            if network.about.weights == digest_of([member]):
                return network
        except RunError:
            pass  # a damaged file is made anew
    require_modules(["training", "onnx"], f"the run {run.name} is not exported yet, which")
    from kaggle_fkd.export.run_export import export_members

    try:
        export_members(run, [member], path, may_halve=False)
    except RunError:
        raise
    except FkdError as error:
        raise RunError(
            f"{run.folder}: its networks cannot be kept there as ONNX files ({error.problem})",
            f"kaggle-fkd export {run.name} --output FILE.onnx, and give that file instead",
        ) from error
    return kind(path, device)
