"""The table of the ledger (`etl/runs/ledger.py`), and who may write what to it."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from serverless_app.config import PlatformConfig
from serverless_app.constructs.storage.record_table import RecordTable


class RunLedger(Construct):
    """The table of runs and chunks; each pipeline reaches only its own items."""

    def __init__(self, scope: Construct, id_: str, *, name: str, config: PlatformConfig) -> None:
        super().__init__(scope, id_)
        self.expiration_days = config.ledger_expiration_days
        self.table: dynamodb.ITable = RecordTable(
            self,
            "Runs",
            name=name,
            partition_key="pk",
            sort_key="sk",
            # Published chunks have none: the next run compares with them.
            time_to_live="expires_at",
            config=config,
        ).table

    def grant_chunks(self, grantee: iam.IGrantable, pipeline: str) -> None:
        """Let a function lease chunks of its pipeline and record their results."""
        actions = ("dynamodb:GetItem", "dynamodb:PutItem")
        self._grant(grantee, *actions, operator="ForAllValues:StringLike", keys=f"{pipeline}#*")

    def grant_read_chunks(self, grantee: iam.IGrantable, pipeline: str) -> None:
        """Let a function query the chunks of its pipeline."""
        self._grant(grantee, "dynamodb:Query", operator="ForAllValues:StringLike", keys=f"{pipeline}#*")

    def grant_runs(self, grantee: iam.IGrantable, pipeline: str) -> None:
        """Let a state machine report the runs of its pipeline."""
        self._grant(grantee, "dynamodb:UpdateItem", operator="ForAllValues:StringEquals", keys=pipeline)

    def _grant(self, grantee: iam.IGrantable, *actions: str, operator: str, keys: str) -> None:
        statement = iam.PolicyStatement(
            actions=list(actions),
            resources=[self.table.table_arn],
            conditions={operator: {"dynamodb:LeadingKeys": [keys]}},
        )
        grantee.grant_principal.add_to_principal_policy(statement)
