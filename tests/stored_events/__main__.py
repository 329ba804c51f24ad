"""Writes an example of every stored event that has none yet: python -m tests.stored_events.

An example is never written again: it is what lies in databases, and has to be read for ever.
"""

from tests.stored_events.examples import examples_missing, write

if __name__ == "__main__":
    for event_type in examples_missing():
        write(event_type)
