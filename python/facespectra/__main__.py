"""``python -m facespectra``."""

import sys

from facespectra.cli import main

sys.exit(main())
