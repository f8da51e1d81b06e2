"""A DynamoDB table on demand, with point-in-time recovery."""

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from serverless_app.config import StackConfig
from serverless_app.constructs.storage.retention import removal_policy


class RecordTable(Construct):
    """A table keyed by strings, protected from deletion where the environment keeps its data."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        partition_key: str,
        sort_key: str | None = None,
        time_to_live: str | None = None,
        config: StackConfig,
    ) -> None:
        super().__init__(scope, id_)
        self.table = dynamodb.TableV2(
            self,
            "Table",
            table_name=name,
            partition_key=_string(partition_key),
            sort_key=_string(sort_key) if sort_key else None,
            time_to_live_attribute=time_to_live,
            billing=dynamodb.Billing.on_demand(),
            encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=config.retain_data,
            removal_policy=removal_policy(config),
        )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
