"""What a worker tells Prometheus, and whether it lives and is ready.

Belongs here: the registry of metrics, the collectors that read a worker's state when they are asked,
the rooms' gauges, the HTTP server of ``/metrics``, ``/livez`` and ``/readyz``. May import
``prometheus_client``, engine, events and errors; decides nothing and changes nothing of the state.
"""
