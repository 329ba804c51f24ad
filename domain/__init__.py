"""The four kinds of case: pure rules, no clock, no ids, no look-ups."""
