"""What can keep the embedded servers from running; each message is for the person at the terminal."""


class EmbeddedFailed(Exception):  # noqa: N818 - our errors say what is wrong, not that something is
    """An embedded server could not be brought up."""


class ProgramMissing(EmbeddedFailed):
    """The package that carries a server's program is not installed."""


class FolderBusy(EmbeddedFailed):
    """Another process uses this data folder."""


class FolderUnsafe(EmbeddedFailed):
    """A folder that must be private is open to others or belongs to somebody else."""
