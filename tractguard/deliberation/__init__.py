"""Deliberation: a values question becomes one document that people decide with, and that can be found a year later.

`question.py`, `analysis.py`, `tiers.py`, `precedents.py` prepare; `record.py`, `rounds.py` know the file as text;
`schema.py`, `store.py`, `known.py` know what is valid and what the ledger knows of it; `outcome.py` turns a decision
into an instruction; `escalation.py` and `telling.py` are the part inside a live session. The program prepares and
keeps: it ranks no framework, counts no votes and approves nothing.
"""
