"""A laptop's AWS: one process that speaks the AWS APIs, takes a cloud assembly and runs its handlers."""

from serverless_app.localcloud.cloud import LocalCloud, Status
from serverless_app.localcloud.errors import LocalCloudError

__all__ = ["LocalCloud", "LocalCloudError", "Status"]
