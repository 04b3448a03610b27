"""A download with the real client, in a subprocess."""

from support.kaggle_client import run_python

DOWNLOAD = """
import json, sys
from pathlib import Path
from kaggle_fkd.errors import FkdError
from kaggle_fkd.competition.kaggle.credentials import credentials_source
from kaggle_fkd.competition.kaggle.download import download_bundle
try:
    result = {"bundle": str(download_bundle(Path(sys.argv[1])))}
except FkdError as error:
    result = {"error": type(error).__name__, "message": str(error)}
print(json.dumps(result | {"source": credentials_source()}))
"""


def download(env, folder):
    """The bundle's path or the error's kind and message, and where the credentials were."""
    return run_python(DOWNLOAD, env, folder).result
