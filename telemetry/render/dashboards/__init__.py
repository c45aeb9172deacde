"""Grafana dashboards, made of the catalogue.

A board is data (`board.py`): rows that ask a question, panels that answer it. One file a board says what is asked
(`service_board.py`, …), in PromQL that `expressions.py` writes over the catalogue. `grafana.py` makes JSON of it.
"""
