"""Kaggle's web pages, as messages name them."""

from kaggle_fkd.competition.archive import SLUG

COMPETITION_PAGE = f"https://www.kaggle.com/competitions/{SLUG}"
RULES_PAGE = f"{COMPETITION_PAGE}/rules"
SUBMISSIONS_PAGE = f"{COMPETITION_PAGE}/submissions"
TOKEN_PAGE = "https://www.kaggle.com/settings/api"

GET_TOKEN = (
    f"make a token at {TOKEN_PAGE}, then set KAGGLE_API_TOKEN to it or save it as "
    "~/.kaggle/access_token"
)
"""What to do without usable credentials."""
