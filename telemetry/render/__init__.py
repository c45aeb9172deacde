"""Makes of the catalogue and of a service's objectives what its operators install: alert rules and dashboards."""
