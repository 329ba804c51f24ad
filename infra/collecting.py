"""How often Python looks for garbage that counting references doesn't find."""

import gc


def collect_seldom() -> None:
    """What was imported stays; what a batch makes is mostly gone before it is looked at."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
