"""The HTTP interface and the command line: they translate, and decide nothing."""
