"""The command line: one module per command, and the only readers of the environment.

May import everything below it, typer and rich. What a command computes belongs to the floors below;
here are options, what people see, signals and exit codes.
"""
