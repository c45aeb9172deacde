"""The servers measured, one file each; benchmarks/registry.py lists them."""
