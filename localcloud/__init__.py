"""A laptop's AWS: one process that speaks the AWS APIs, takes a cloud assembly and runs its handlers."""

from localcloud.cloud import LocalCloud, LocalDatabase, Status
from localcloud.errors import LocalCloudError

__all__ = ["LocalCloud", "LocalCloudError", "LocalDatabase", "Status"]
