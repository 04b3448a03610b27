"""The exported networks of a run's members: made once, and kept beside the weights.

Importing this does not import torch.
"""

from contextlib import suppress
from typing import TypeVar

from kaggle_fkd.errors import FkdError, RunError
from kaggle_fkd.inference.network import OnnxNetwork
from kaggle_fkd.runs.member import Member, digest_of
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.extras import require_modules
from kaggle_fkd.system.receipts import is_up_to_date, write_receipt

File = TypeVar("File", bound=OnnxNetwork)


def open_exported(run: Run, member: Member, kind: type[File], device: str) -> File:
    """The member's network, exported now if it has not been, or has been trained again since, or in
    another format, or if the file was changed.

    Raises what `export_members` and `OnnxNetwork` raise, UsageError without the libraries that an
    export needs.
    """
    path = member.exported_file
    receipt, inputs = path.with_suffix(".json"), {"weights": digest_of([member])}
    if is_up_to_date(receipt, inputs):
        with suppress(RunError):  # of another format
            return kind(path, device)
    require_modules(["training", "onnx"], f"the run {run.name} is not exported yet, which")
    from kaggle_fkd.export.run_export import export_members

    try:
        export_members(run, [member], path, may_halve=False)
        write_receipt(receipt, inputs, [path])
    except RunError:
        raise
    except FkdError as error:
        raise RunError(
            f"{run.folder}: its networks cannot be kept there as ONNX files ({error.problem})",
            f"kaggle-fkd export {run.name} --output FILE.onnx, and give that file instead",
        ) from error
    return kind(path, device)
