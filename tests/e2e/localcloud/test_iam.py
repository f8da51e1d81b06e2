"""With IAM enforced a function may do what its role grants, and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localcloud import LocalCloud
from tests.e2e.localcloud.assemblies import Template, function, role, write_assembly

CODE = """
import boto3

def handler(event, context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key=event["key"], Body=b"")
    return "written"
"""
GRANT = {"Action": "s3:PutObject", "Resource": {"Fn::Sub": "${Bucket.Arn}/allowed/*"}}
TLS_ONLY: Template = {
    "Type": "AWS::S3::BucketPolicy",
    "Properties": {
        "Bucket": {"Ref": "Bucket"},
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        },
    },
}
Put = Callable[[str], Any]


@pytest.fixture(scope="session")
def put(iam_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Put:
    """Return what the function answers when it writes a key of its TLS-only bucket."""
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "TlsOnly": TLS_ONLY,
        "Role": role(GRANT),
        "Function": function("writer", CODE),
    }
    assembly = write_assembly(tmp_path_factory.mktemp("iam") / "cdk.out", "iam", resources, CODE)
    outputs = iam_cloud.deploy(assembly)["iam"]
    functions = iam_cloud.client("lambda")

    def put(key: str) -> Any:
        event = {"bucket": outputs["Bucket"], "key": key}
        answer = functions.invoke(FunctionName=outputs["Function"], Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    return put


def test_what_the_role_grants_is_allowed(put: Put) -> None:
    assert put("allowed/key") == "written"


def test_what_the_role_does_not_grant_is_denied(put: Put) -> None:
    answer = put("elsewhere/key")
    assert answer["errorType"] == "AccessDenied"
    assert "s3:PutObject" in answer["errorMessage"]


def test_the_client_is_the_administrator(iam_cloud: LocalCloud) -> None:
    assert iam_cloud.client("iam").get_account_summary()["SummaryMap"]


def test_the_cloud_speaks_tls_with_its_own_certificate(iam_cloud: LocalCloud) -> None:
    assert iam_cloud.endpoint_url.startswith("https://127.0.0.1:")
    assert Path(iam_cloud.environment()["AWS_CA_BUNDLE"]).read_text().startswith("-----BEGIN CERTIFICATE")
