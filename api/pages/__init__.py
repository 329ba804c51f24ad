"""The pages: what leadership, units and auditors look at in a browser."""
