"""blend: the weighted mean of submission files, as a submission of its own."""

from datetime import UTC, datetime

from kaggle_fkd.competition.submission import blend_submissions, write_locations
from kaggle_fkd.stages.context import SAMPLE, Context
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import free_path, read_json_or_empty, sha256_of, write_json


def run(context: Context) -> None:
    """Write the blend of the request's files to SUBMISSIONS_DIR: `context.submission`."""
    request, competition = context.request, context.competition
    records = [read_json_or_empty(path.with_suffix(".json")) for path in request.blend]
    of_sample_faces = (
        competition.is_sample
        or any(record.get("sample_faces") for record in records)
        or any(path.name.startswith(f"{SAMPLE}-") for path in request.blend)
    )
    locations = blend_submissions(request.blend, request.weights, competition.lookup)
    prefix = f"{SAMPLE}-" if of_sample_faces else ""
    path = free_path(request.submissions_dir / f"{prefix}blend-of-{len(request.blend)}.csv")
    write_locations(path, competition.lookup, locations)
    write_json(
        path.with_suffix(".json"),
        {
            "sha256": sha256_of(path),
            "run": f"blend of {', '.join(file.stem for file in request.blend)}",
            "blend": [{"file": str(f), "sha256": sha256_of(f)} for f in request.blend],
            "weights": list(request.weights),
            "sample_faces": bool(of_sample_faces),
            "rows": len(competition.lookup),
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )
    log.info("%d locations, the mean of %d files: %s", len(locations), len(request.blend), path)
    context.submission = path
