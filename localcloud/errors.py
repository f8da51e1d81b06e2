"""What the local cloud says when it cannot do what it was asked."""


class LocalCloudError(RuntimeError):
    """The local cloud refused or failed; the message names the reason and the next step."""
