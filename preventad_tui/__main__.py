"""`python -m preventad_tui` is the same program as `preventad-tui`."""

import sys

from preventad_tui.cli import main

sys.exit(main())
