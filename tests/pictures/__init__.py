"""Dashboards without Grafana: their panels asked of a live Prometheus, and drawn.

    python -m tests.pictures --prometheus http://127.0.0.1:9090 --minutes 10 --into /tmp/pictures

`asking.py` reads a dashboard's JSON and asks what its panels ask, `drawn_page.py` draws the answers as one SVG,
`screenshot.py` has a headless Chromium make a PNG of it.
"""
