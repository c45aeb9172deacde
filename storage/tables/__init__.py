"""The declared record types as Postgres tables: columns, constraints and the rules that become checks."""
