"""The handoff: what a session leaves to the next one, written from the ledger and git, not by the dying model.

`collect.py` gathers what happened, `document.py` words it within a budget, `write.py` keeps it, `load.py` gives it to
the next session, once. docs/handoff.md explains it to people.
"""
