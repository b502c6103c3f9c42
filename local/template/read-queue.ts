import type { JsonObject } from './json.ts'
import type { QueueModel } from './model.ts'
import { createPropertyReader } from './read-property.ts'
import { type Place, queueArn } from './resource-values.ts'

/** Bounds and defaults. Source: CloudFormation template reference, AWS::SQS::Queue. */
const VISIBILITY_TIMEOUT_SECONDS = { least: 0, most: 43_200 }
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30
const RETENTION_SECONDS = { least: 60, most: 1_209_600 }
const DEFAULT_RETENTION_SECONDS = 345_600

const QUEUE_NAME = /^[\w-]{1,80}$/

/** Reads an AWS::SQS::Queue whose properties are resolved. */
export function readQueue(logicalId: string, resource: JsonObject, place: Place): QueueModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  const name = reader.optionalString('QueueName') ?? logicalId
  if (!QUEUE_NAME.test(name)) reader.fail('QueueName', `is ${name}, which is not a queue name`)
  return {
    logicalId,
    name,
    arn: queueArn(name, place),
    visibilityTimeoutSeconds: reader.wholeNumber(
      'VisibilityTimeout',
      VISIBILITY_TIMEOUT_SECONDS,
      DEFAULT_VISIBILITY_TIMEOUT_SECONDS,
    ),
    messageRetentionSeconds: reader.wholeNumber('MessageRetentionPeriod', RETENTION_SECONDS, DEFAULT_RETENTION_SECONDS),
  }
}
