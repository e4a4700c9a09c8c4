"""What stands in `deploy/`: rules, dashboards, runbooks, containers; each is run by the real tool.

`python -m tests.ops.written` writes what is generated there; a test compares.
"""
