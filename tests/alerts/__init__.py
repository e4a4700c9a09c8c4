"""How well alerts are: seeded broadcasts with a ledger of what is true, scored, and the truth table.

`make score-alerts` runs it all; the tests here hold the scoring itself to cases worked out by hand.
"""
