import { DESCRIPTION, NO_IAM, NO_KEYS, NO_METRICS, NO_TAGS } from './inert-reasons.ts'
import { each, honoured, inert, members, type PropertyRule } from './property-rules.ts'

const NO_NETWORK = 'a local target takes an event by one write to a file, so none is lost'

/** Properties of a bucket. Notifications without EventBridge have no rule and are refused. */
export const BUCKET: PropertyRule = members({
  AccessControl: inert(NO_IAM),
  BucketEncryption: inert(NO_KEYS),
  BucketName: honoured,
  CorsConfiguration: members({
    CorsRules: each(
      members({
        AllowedHeaders: honoured,
        AllowedMethods: honoured,
        AllowedOrigins: honoured,
        ExposedHeaders: honoured,
        Id: inert(DESCRIPTION),
        MaxAge: honoured,
      }),
    ),
  }),
  LifecycleConfiguration: inert('nothing expires locally: objects stay until the state directory is deleted'),
  LoggingConfiguration: inert('the embedded S3 keeps no access log'),
  MetricsConfigurations: inert(NO_METRICS),
  NotificationConfiguration: members({ EventBridgeConfiguration: members({ EventBridgeEnabled: honoured }) }),
  OwnershipControls: inert(NO_IAM),
  PublicAccessBlockConfiguration: inert(NO_IAM),
  Tags: inert(NO_TAGS),
  VersioningConfiguration: members({ Status: honoured }),
})

export const EVENT_BUS: PropertyRule = members({
  Description: inert(DESCRIPTION),
  KmsKeyIdentifier: inert(NO_KEYS),
  Name: honoured,
  Policy: inert(NO_IAM),
  Tags: inert(NO_TAGS),
})

export const QUEUE: PropertyRule = members({
  KmsDataKeyReusePeriodSeconds: inert(NO_KEYS),
  KmsMasterKeyId: inert(NO_KEYS),
  MessageRetentionPeriod: honoured,
  QueueName: honoured,
  SqsManagedSseEnabled: inert(NO_KEYS),
  Tags: inert(NO_TAGS),
  VisibilityTimeout: honoured,
})

export const TABLE: PropertyRule = members({
  AttributeDefinitions: honoured,
  BillingMode: inert('nothing is charged or limited locally'),
  DeletionProtectionEnabled: inert('the local stack deletes nothing'),
  KeySchema: honoured,
  PointInTimeRecoverySpecification: inert('the state directory is the only copy'),
  SSESpecification: inert(NO_KEYS),
  TableName: honoured,
  Tags: inert(NO_TAGS),
  TimeToLiveSpecification: honoured,
})

export const EVENT_RULE: PropertyRule = members({
  Description: inert(DESCRIPTION),
  EventBusName: honoured,
  EventPattern: honoured,
  Name: honoured,
  RoleArn: inert(NO_IAM),
  ScheduleExpression: honoured,
  State: honoured,
  Tags: inert(NO_TAGS),
  Targets: each(
    members({
      Arn: honoured,
      DeadLetterConfig: inert(NO_NETWORK),
      Id: honoured,
      Input: honoured,
      InputPath: honoured,
      RetryPolicy: inert(NO_NETWORK),
      RoleArn: inert(NO_IAM),
    }),
  ),
})

/** Events of a function that become rules, by type. */
export const RULE_EVENTS: Readonly<Record<string, PropertyRule>> = {
  EventBridgeRule: members({
    Type: honoured,
    Properties: members({
      DeadLetterConfig: inert(NO_NETWORK),
      EventBusName: honoured,
      Input: honoured,
      InputPath: honoured,
      Pattern: honoured,
      RetryPolicy: inert(NO_NETWORK),
      RuleName: honoured,
      State: honoured,
      Target: members({ Id: honoured }),
    }),
  }),
  Schedule: members({
    Type: honoured,
    Properties: members({
      DeadLetterConfig: inert(NO_NETWORK),
      Description: inert(DESCRIPTION),
      Enabled: honoured,
      Input: honoured,
      Name: honoured,
      RetryPolicy: inert(NO_NETWORK),
      Schedule: honoured,
      State: honoured,
    }),
  }),
}

/** Handling of failed asynchronous invocations. OnSuccess has no rule and is refused. */
export const EVENT_INVOKE: PropertyRule = members({
  DestinationConfig: members({
    OnFailure: { kind: 'typed', types: { SQS: members({ Type: honoured, Destination: honoured }) } },
  }),
  MaximumEventAgeInSeconds: honoured,
  MaximumRetryAttempts: honoured,
})
