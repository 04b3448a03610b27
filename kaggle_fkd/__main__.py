"""`python -m kaggle_fkd` is `python run_pipeline.py`."""

import sys

from kaggle_fkd.cli import main

sys.exit(main())
