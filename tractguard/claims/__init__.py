"""Claims: what the assistant says it did, held against what the ledger and git show.

`reading` finds claims in a message, `evidence` is what a session really did, `ground` looks at git and the disk,
`judging` holds one against the other, `weakening` finds tests that were deleted, skipped or loosened. A claim that
cannot be checked is nobody's business: only what is known to be false is named. Nothing is imported here.
"""
