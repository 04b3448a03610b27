"""From the Kaggle competition to a submission: `python run_pipeline.py --help`."""

import sys

from kaggle_fkd.cli import main

if __name__ == "__main__":
    sys.exit(main())
