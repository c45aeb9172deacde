"""Against the embedded real Postgres and Valkey."""
