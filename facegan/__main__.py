"""`python -m facegan`."""

from facegan.cli import main

main()
