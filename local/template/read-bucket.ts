import type { JsonObject } from './json.ts'
import type { BucketModel } from './model.ts'
import { readBucketCors } from './read-bucket-cors.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'
import { defaultName } from './resource-values.ts'

/** Source: Amazon S3 User Guide, "General purpose bucket naming rules". */
const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z\d][a-z\d.-]{1,61}[a-z\d]$/

/** Reads an AWS::S3::Bucket whose properties are resolved. */
export function readBucket(logicalId: string, resource: JsonObject, stackName: string): BucketModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  const name = reader.optionalString('BucketName') ?? defaultName('AWS::S3::Bucket', logicalId, stackName)
  if (!BUCKET_NAME.test(name)) reader.fail('BucketName', `is ${name}, which is not a bucket name`)
  const versioning = reader.within('VersioningConfiguration').oneOf('Status', ['Enabled', 'Suspended'], 'Suspended')
  return {
    logicalId,
    name,
    versioned: versioning === 'Enabled',
    eventBridge: readEventBridge(reader.within('NotificationConfiguration')),
    corsRules: readBucketCors(reader.within('CorsConfiguration')),
  }
}

/** True where there is a configuration, unless it says false. */
function readEventBridge(notifications: PropertyReader): boolean {
  const name = 'EventBridgeConfiguration'
  const isConfigured = notifications.has(name)
  const enabled = notifications.within(name).oneOf('EventBridgeEnabled', ['true', 'false'], 'true')
  return isConfigured && enabled === 'true'
}
