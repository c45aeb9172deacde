"""Calls to other services over HTTP: a session for each upstream, the outbound stack around each call."""
