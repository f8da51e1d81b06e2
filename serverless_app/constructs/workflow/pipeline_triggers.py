"""What starts a pipeline: a schedule, and an event that is sent by hand."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from serverless_app.constructs.acknowledged import acknowledge
from serverless_app.constructs.watch.alert_topic import AlertTopic


class PipelineTriggers(Construct):
    """Two rules that start the state machine; an undelivered event waits in a queue and raises an alarm."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        prefix: str,
        schedule: str,
        schedule_name: str,
        manual_detail_type: str,
        machine: sfn.IStateMachine,
        topic: AlertTopic,
    ) -> None:
        super().__init__(scope, id_)
        self._machine = machine
        self.dead_letters = self._dead_letter_queue(f"{prefix}-trigger-dead-letters", topic)
        self.schedule = events.Rule(
            self,
            "Schedule",
            rule_name=schedule_name,
            schedule=events.Schedule.expression(schedule),
            # The time when the event was due: a late start has the same window.
            targets=[self._target(events.RuleTargetInput.from_object({"scheduled": events.EventField.time}))],
        )
        self.manual = events.Rule(
            self,
            "Manual",
            rule_name=f"{prefix}-manual-trigger",
            event_pattern=events.EventPattern(source=["manual.trigger"], detail_type=[manual_detail_type]),
            targets=[self._target(events.RuleTargetInput.from_event_path("$.detail"))],
        )

    def _target(self, event: events.RuleTargetInput) -> targets.SfnStateMachine:
        return targets.SfnStateMachine(
            self._machine,
            input=event,
            dead_letter_queue=self.dead_letters,
            retry_attempts=8,
            max_event_age=cdk.Duration.hours(2),
        )

    def _dead_letter_queue(self, name: str, topic: AlertTopic) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=name,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        acknowledge(queue, "It is the dead-letter queue.", "SQS3")
        topic.alarm(
            self,
            "Undelivered",
            name=f"{name}-waiting",
            description=f"An event started nothing: see the queue {name}, run the pipeline by hand.",
            metric=queue.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(5)),
        )
        return queue
