"""Lets tools that look for setup.py find the package; what it is stands in setup.cfg."""

from setuptools import setup

setup()
