"""Charts: one specification that a browser draws in a page, and print in a report."""
