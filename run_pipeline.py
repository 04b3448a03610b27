"""From the Kaggle competition to a submission: `python run_pipeline.py --help`."""

import sys

if __name__ == "__main__":
    try:
        from kaggle_fkd.cli import main

        sys.exit(main())
    except KeyboardInterrupt:  # in the first moments, before main can listen
        sys.exit(130)
