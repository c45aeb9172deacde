"""Other people's tools that look for holes in the shop: `make scan`. They send thousands of requests, to loopback."""
