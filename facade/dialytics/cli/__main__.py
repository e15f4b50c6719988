"""``python -m dialytics.cli`` is the command ``dialytics``."""

import sys

from . import main

sys.exit(main())
