"""The board: an HTTP API, a stream of events and a page over the Redis view, for room control.

It reads Redis only and keeps a mirror of it in memory (`mirror` reads, `hall` holds); answers are made from
that and never wait for Redis, but for curves. The one thing it writes is a person's verdict, through the
port in `ports`. May import ``alerts`` and ``tally`` (for words and definitions), ``events`` and ``errors``,
Litestar, uvicorn and redis; it decides nothing about what is true, and knows neither Kafka nor settings.
"""
