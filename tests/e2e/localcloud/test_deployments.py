"""A cloud assembly becomes stacks, once, and what fails is named."""

import pytest

from localcloud import LocalCloud, LocalCloudError
from tests.e2e.localcloud.assemblies import Template, function, role
from tests.e2e.localcloud.conftest import Deploy

QUEUE: Template = {"Type": "AWS::SQS::Queue"}
BROKEN: Template = {"Type": "Custom::Thing", "Properties": {"ServiceToken": "no-such-function"}}
CODE = "def handler(event, context):\n    return {'seen': event}\n"


def events(cloud: LocalCloud, stack_name: str) -> int:
    return len(cloud.client("cloudformation").describe_stack_events(StackName=stack_name)["StackEvents"])


def test_a_deploy_returns_the_outputs(deploy: Deploy, cloud: LocalCloud) -> None:
    url = deploy({"Queue": QUEUE})["Queue"]
    assert "Attributes" in cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])


def test_a_second_deploy_of_the_same_changes_nothing(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> None:
    first = deploy({"Queue": QUEUE})
    before = events(cloud, stack_name)
    assert deploy({"Queue": QUEUE}) == first
    assert events(cloud, stack_name) == before


def test_a_changed_assembly_updates_the_stack(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> None:
    deploy({"Queue": QUEUE})
    assert "Second" in deploy({"Queue": QUEUE, "Second": QUEUE})
    assert cloud.status().stacks[stack_name] == "UPDATE_COMPLETE"


def test_a_function_runs_the_published_code(deploy: Deploy, cloud: LocalCloud) -> None:
    name = deploy({"Role": role(), "Function": function("published", CODE)}, CODE)["Function"]
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=b'"here"')
    assert answer["Payload"].read() == b'{"seen": "here"}'


def test_a_function_runs_with_a_layer_that_holds_nothing(deploy: Deploy, cloud: LocalCloud) -> None:
    function_with_layer = function("layered", CODE, layers=[{"Ref": "Layer"}])
    content = function_with_layer["Properties"]["Code"]
    layer = {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": content}}
    name = deploy({"Role": role(), "Layer": layer, "Function": function_with_layer}, CODE)["Function"]
    assert cloud.client("lambda").invoke(FunctionName=name, Payload=b"1")["Payload"].read() == b'{"seen": 1}'


def test_a_module_that_the_asset_lacks_is_missing(deploy: Deploy, cloud: LocalCloud) -> None:
    code = "import serverless_app\n" + CODE
    name = deploy({"Role": role(), "Function": function("lacking", code)}, code)["Function"]
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=b"1")
    assert b"No module named 'serverless_app'" in answer["Payload"].read()


def test_a_failed_deploy_names_the_resource_and_the_reason(deploy: Deploy) -> None:
    with pytest.raises(LocalCloudError, match=r"ROLLBACK_COMPLETE: Broken \(Custom::Thing\): .*no-such-function"):
        deploy({"Queue": QUEUE, "Broken": BROKEN})


def test_a_bucket_that_exists_already_is_named(deploy: Deploy, cloud: LocalCloud) -> None:
    cloud.client("s3").create_bucket(Bucket="taken")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "taken"}}
    with pytest.raises(LocalCloudError, match=r"Bucket \(AWS::S3::Bucket\): .*'taken' already exists"):
        deploy({"Bucket": bucket})


def test_a_stack_that_failed_at_first_is_made_anew(deploy: Deploy, cloud: LocalCloud, stack_name: str) -> None:
    with pytest.raises(LocalCloudError):
        deploy({"Broken": BROKEN})
    deploy({"Queue": QUEUE})
    assert cloud.status().stacks[stack_name] == "CREATE_COMPLETE"


def test_an_unknown_resource_type_is_refused_by_name(deploy: Deploy) -> None:
    with pytest.raises(LocalCloudError, match=r"was refused: .*AWS::Nowhere::Thing"):
        deploy({"Thing": {"Type": "AWS::Nowhere::Thing"}})
