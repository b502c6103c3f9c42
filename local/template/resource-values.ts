import { createHash } from 'node:crypto'
import type { JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

/** Resource for Ref and GetAtt. Its properties may still have intrinsics. */
export interface ReferencedResource {
  readonly logicalId: string
  readonly type: string
  /** Name in the template, or the logical id. */
  readonly name: string
  readonly properties: JsonObject
}

export interface Place {
  readonly region: string
  readonly accountId: string
}

export interface StackPlace extends Place {
  readonly stackName: string
  /** Local address of the function URL, with a slash at its end. */
  readonly functionUrl: string
  /** Local address of SQS, without a slash at its end. */
  readonly sqsUrl: string
}

/** Ten lower-case alphanumerics, the same after each restart, as in ids of APIs and URLs. */
export function localIdentifier(logicalId: string): string {
  const hash = createHash('sha256').update(logicalId).digest('hex')
  return BigInt(`0x${hash}`).toString(36).slice(0, 10)
}

export function functionArn(name: string, { region, accountId }: Place): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`
}

export function layerVersionArn(name: string, { region, accountId }: Place): string {
  return `arn:aws:lambda:${region}:${accountId}:layer:${name}:1`
}

export function queueArn(name: string, { region, accountId }: Place): string {
  return `arn:aws:sqs:${region}:${accountId}:${name}`
}

export function tableArn(name: string, { region, accountId }: Place): string {
  return `arn:aws:dynamodb:${region}:${accountId}:table/${name}`
}

export function stateMachineArn(name: string, { region, accountId }: Place): string {
  return `arn:aws:states:${region}:${accountId}:stateMachine:${name}`
}

/** ARN of a rule of the default bus, whose name is not in the ARN. */
function ruleArn(name: string, { region, accountId }: Place): string {
  return `arn:aws:events:${region}:${accountId}:rule/${name}`
}

const MAX_BUCKET_NAME_LENGTH = 63

/**
 * Name of a resource without a name in the template: its logical id. A bucket's name must be in lower case, so it has
 * CloudFormation's form without the random end.
 */
export function defaultName(type: string, logicalId: string, stackName: string): string {
  if (type !== 'AWS::S3::Bucket') return logicalId
  return `${stackName}-${logicalId}`.toLowerCase().slice(0, MAX_BUCKET_NAME_LENGTH)
}

/** Property with the name, by resource type. */
export const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::Serverless::Function': 'FunctionName',
  'AWS::Serverless::LayerVersion': 'LayerName',
  'AWS::Serverless::StateMachine': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
}

/** Property with the name of the rule that SAM makes for a function's event, by type of event. */
export const SAM_RULE_NAMES: Readonly<Record<string, string>> = { EventBridgeRule: 'RuleName', Schedule: 'Name' }

/** Value of Ref by resource type. For other types it is the name. */
export function referenceValue(resource: ReferencedResource, place: StackPlace): string {
  switch (resource.type) {
    case 'AWS::Serverless::LayerVersion':
      return layerVersionArn(resource.name, place)
    case 'AWS::Serverless::StateMachine':
      return stateMachineArn(resource.name, place)
    case 'AWS::Serverless::Api':
    case 'AWS::ApiGateway::ApiKey':
    case 'AWS::ApiGateway::UsagePlan':
    case 'AWS::KMS::Key':
      return localIdentifier(resource.logicalId)
    case 'AWS::IAM::ManagedPolicy':
      return `arn:aws:iam::${place.accountId}:policy/${resource.name}`
    case 'AWS::SQS::Queue':
      return queueUrl(resource.name, place)
    case 'AWS::SNS::Topic':
      return `arn:aws:sns:${place.region}:${place.accountId}:${resource.name}`
    default:
      return resource.name
  }
}

function queueUrl(name: string, { sqsUrl, accountId }: StackPlace): string {
  return `${sqsUrl}/${accountId}/${name}`
}

type AttributeOf = (resource: ReferencedResource, place: StackPlace) => string

const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, AttributeOf>>>> = {
  'AWS::Serverless::Function': { Arn: ({ name }, place) => functionArn(name, place) },
  'AWS::Lambda::Url': { FunctionUrl: (_url, { functionUrl }) => functionUrl },
  'AWS::Serverless::LayerVersion': { LayerVersionArn: ({ name }, place) => layerVersionArn(name, place) },
  'AWS::Serverless::StateMachine': {
    Arn: ({ name }, place) => stateMachineArn(name, place),
    Name: ({ name }) => name,
  },
  'AWS::Serverless::Api': { RootResourceId: ({ logicalId }) => localIdentifier(`${logicalId}/`) },
  'AWS::IAM::Role': {
    Arn: ({ name }, { accountId }) => `arn:aws:iam::${accountId}:role/${name}`,
    RoleId: ({ logicalId }) => `AROA${localIdentifier(logicalId).toUpperCase()}`,
  },
  'AWS::Logs::LogGroup': {
    // CloudFormation's value ends with `:*`.
    Arn: ({ name }, { region, accountId }) => `arn:aws:logs:${region}:${accountId}:log-group:${name}:*`,
  },
  'AWS::KMS::Key': {
    Arn: ({ logicalId }, { region, accountId }) =>
      `arn:aws:kms:${region}:${accountId}:key/${localIdentifier(logicalId)}`,
    KeyId: ({ logicalId }) => localIdentifier(logicalId),
  },
  'AWS::CloudWatch::Alarm': {
    Arn: ({ name }, { region, accountId }) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
  },
  'AWS::ApiGateway::ApiKey': { APIKeyId: ({ logicalId }) => localIdentifier(logicalId) },
  'AWS::Events::EventBus': {
    Arn: ({ name }, { region, accountId }) => `arn:aws:events:${region}:${accountId}:event-bus/${name}`,
    Name: ({ name }) => name,
  },
  'AWS::Events::Rule': { Arn: ({ name }, place) => ruleArn(name, place) },
  'AWS::S3::Bucket': {
    Arn: ({ name }) => `arn:aws:s3:::${name}`,
    DomainName: ({ name }) => `${name}.s3.amazonaws.com`,
    RegionalDomainName: ({ name }, { region }) => `${name}.s3.${region}.amazonaws.com`,
  },
  'AWS::DynamoDB::Table': { Arn: ({ name }, place) => tableArn(name, place) },
  'AWS::SQS::Queue': {
    Arn: ({ name }, place) => queueArn(name, place),
    QueueName: ({ name }) => name,
    QueueUrl: ({ name }, place) => queueUrl(name, place),
  },
}

/** Value of GetAtt. Throws a TemplateError for an attribute that is not in the table. */
export function attributeValue(resource: ReferencedResource, attribute: string, place: StackPlace): string {
  const attributes = ATTRIBUTES[resource.type] ?? {}
  const attributeOf = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
  if (!attributeOf) {
    throw new TemplateError([`attribute ${attribute} of ${resource.logicalId} (${resource.type}) is not supported`])
  }
  return attributeOf(resource, place)
}
