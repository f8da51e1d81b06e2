"""How pyiceberg reaches the local cloud's S3, also where that answers with a certificate of its own."""

import os
from typing import Any

from pyarrow.fs import S3FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO


class LocalFileIO(PyArrowFileIO):
    """Arrow's S3, which has to be told the certificate: it does not look at AWS_CA_BUNDLE."""

    def _initialize_fs(self, scheme: str, netloc: str | None = None) -> Any:  # noqa: ARG002 - as it is called
        if scheme not in ("s3", "s3a", "s3n"):
            raise ValueError(f"an Iceberg table of the local Athena lies on S3, not on {scheme}")
        return S3FileSystem(
            endpoint_override=self.properties["s3.endpoint"],
            access_key=self.properties["client.access-key-id"],
            secret_key=self.properties["client.secret-access-key"],
            region=self.properties["client.region"],
            tls_ca_file_path=os.environ.get("AWS_CA_BUNDLE"),
        )
