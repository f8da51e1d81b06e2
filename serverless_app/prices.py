"""AWS list prices: one dated list with its sources, for every estimate."""

from dataclasses import dataclass

_MILLION = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """List prices in US dollars, without free tiers and discounts."""

    region: str
    as_of: str
    sources: tuple[str, ...]
    lambda_gigabyte_second: float
    """Price on arm64."""
    lambda_request: float
    s3_put: float
    s3_gigabyte_month: float
    """Price in S3 Standard."""
    transition: float
    """State transition of a standard workflow."""
    glue_request: float
    dynamodb_write: float


PRICES = Prices(
    region="us-east-1",
    as_of="December 2024",
    sources=(
        "aws.amazon.com/lambda/pricing",
        "aws.amazon.com/s3/pricing",
        "aws.amazon.com/step-functions/pricing",
        "aws.amazon.com/glue/pricing",
        "aws.amazon.com/dynamodb/pricing/on-demand",
    ),
    lambda_gigabyte_second=0.0000133334,
    lambda_request=0.20 / _MILLION,
    s3_put=0.005 / 1000,
    s3_gigabyte_month=0.023,
    transition=0.025 / 1000,
    glue_request=1.00 / _MILLION,
    dynamodb_write=0.625 / _MILLION,
)
