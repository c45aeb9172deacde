"""The proof that every alert fires under its own fault, on a live Prometheus and Alertmanager, and clears after it.

`make prove` runs it. Three shops are served and called all the time; for the windows of the alerts a minute passes in a
second (`paces.py`), not for the shops. First nothing may fire; then one fault after the other is made, and exactly the
alerts that belong to it must fire, reach a webhook, and clear once the fault is gone. In the end every panel of every
dashboard must have had data, and some fault must be seen on it (`changes.py`). ARGS=--write writes `docs/proof.md`.
"""
