"""As whom the shop is scanned, from who may do least to who may do most."""

CALLERS = ("nobody", "owner", "buyer", "staff", "admin")
