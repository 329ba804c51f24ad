"""What an analyst's login, and an export for a caller, may take of the database."""

from msgspec import Struct

GROUP = "karguzar_analyst"
"""The role that reads the schema `analytics` and nothing else."""
EXPORT = "karguzar-analytics"
"""The name of connections on which the server reads the views for its callers."""
ALL_CONNECTIONS = 20
WATCH_SECONDS = 2.0


class Limits(Struct, frozen=True, kw_only=True):
    """How long an analyst's statement may take, a transaction stand and an export last.

    ``connections`` are those of one login at a time, ``memory`` is what one sort may take, and
    ``files`` what all of a statement may lay on the disk.
    """

    statement_seconds: float = 30
    transaction_seconds: float = 120
    export_seconds: float = 1800
    connections: int = 3
    memory: str = "16MB"
    files: str = "2GB"


LIMITS = Limits()
