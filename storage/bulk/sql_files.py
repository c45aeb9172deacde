"""The statements of a bulk load, written by hand in files beside this one."""

from importlib.resources import files


def written(name: str, **names: object) -> str:
    """The statement in `name`.sql with these names, already quoted, in their places."""
    return files(__package__).joinpath(f"{name}.sql").read_text().format(**names)
