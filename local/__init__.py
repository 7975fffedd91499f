"""The whole of hostcart on one machine, without an AWS account: `python -m local --help`."""
