"""An AWS on a laptop: one process that speaks the AWS APIs, deploys a cloud assembly and runs its handlers."""

from localcloud.cloud import LocalCloud, Status
from localcloud.errors import LocalCloudError

__all__ = ["LocalCloud", "LocalCloudError", "Status"]
