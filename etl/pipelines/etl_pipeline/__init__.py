"""Daily events: from one DynamoDB table, by staging on S3, validated and enriched, to another."""
