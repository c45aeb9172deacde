"""What is kept of the credentials this service gives out: never enough to use one."""
