"""The verifier: how sure it is that the next major step is right, in five dimensions, each scored from evidence.

`formula` weighs scores, `scoring` takes them from what a session did, `reasoning` from a written plan, `acting` is what
happens before a major call. Nothing is imported here: it is loaded for major calls of a full session and on demand.
"""
