"""`python -m lowband`."""

from lowband.cli.main import main

main()
