"""What a report takes from the analysis of the data."""

import json

from support.made_up_faces import varied_faces

from kaggle_fkd.competition.eda.folder import analysis_folder
from kaggle_fkd.competition.report.analysis import read_analysis
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.receipts import write_receipt


def test_an_analysis_whose_receipt_is_damaged_is_none(tmp_path):
    faces = varied_faces(2)
    folder = analysis_folder(tmp_path, faces)
    folder.mkdir()
    (folder / "summary.json").write_text('{"findings": ["one"]}')
    receipt = folder / "inputs.json"
    write_receipt(receipt, {"version": provenance()["version"]}, [folder / "summary.json"])
    assert read_analysis(tmp_path, faces).summary == {"findings": ["one"]}
    receipt.write_text(json.dumps({**json.loads(receipt.read_text()), "inputs": ["x"]}))
    assert read_analysis(tmp_path, faces) is None
