"""What a server answers instead of a result."""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def refusal_in(response: Any, status: int) -> str:
    """The problem and the remedy of an answer with that status, which tells no path."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert str(ROOT) not in response.text and str(Path.home()) not in response.text
    members = response.json()
    assert members["status"] == status and members["remedy"]
    return f"{members['detail']} -> {members['remedy']}"
