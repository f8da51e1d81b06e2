"""Pipelines of one function, each right when nothing happens, and all but the first wrong when something does."""

CODE = '''
import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

config = Config(retries={"mode": "adaptive", "total_max_attempts": 3})
dynamodb, s3 = (boto3.client(service, config=config) for service in ("dynamodb", "s3"))
PUTS = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(4)]


def handler(event, context):
    globals()[event["toy"]](event["table"], event["bucket"])
    return "done"


def puts(table, bucket):
    """Writes keys whole: right."""
    requests = {table: PUTS}
    while requests:
        requests = dynamodb.batch_write_item(RequestItems=requests)["UnprocessedItems"]
    s3.put_object(Bucket=bucket, Key="result", Body=b"whole")


def counts(table, bucket):
    """Adds to a counter, unless the run before came to its end: twice after a retry."""
    if "Item" not in dynamodb.get_item(TableName=table, Key={"id": {"S": "done"}}):
        key = {"id": {"S": "counter"}}
        dynamodb.update_item(TableName=table, Key=key, UpdateExpression="ADD n :one",
                             ExpressionAttributeValues={":one": {"N": "1"}})
        dynamodb.put_item(TableName=table, Item={"id": {"S": "done"}})


def appends(table, bucket):
    """Adds a line to its object: a line for every run."""
    before = b""
    if s3.list_objects_v2(Bucket=bucket, Prefix="result").get("Contents"):
        before = s3.get_object(Bucket=bucket, Key="result")["Body"].read()
    s3.put_object(Bucket=bucket, Key="result", Body=before + b"line")


def ignores_the_rest(table, bucket):
    """Never asks what a batch left over."""
    dynamodb.batch_write_item(RequestItems={table: PUTS})


def swallows(table, bucket):
    """Takes an error for success."""
    try:
        s3.put_object(Bucket=bucket, Key="result", Body=b"whole")
    except (BotoCoreError, ClientError):
        pass


def shows_a_part(table, bucket):
    """Publishes before it is ready."""
    s3.put_object(Bucket=bucket, Key="result", Body=b"wh")
    s3.put_object(Bucket=bucket, Key="result", Body=b"whole")


def deletes_first(table, bucket):
    """Takes the old result away before the new one is there."""
    s3.delete_object(Bucket=bucket, Key="old")
    s3.put_object(Bucket=bucket, Key="old", Body=b"new")
'''
