import { createHash } from 'node:crypto'
import type { JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

/** A resource as the values of Ref and GetAtt need it: its properties may still hold intrinsics. */
export interface ReferencedResource {
  readonly logicalId: string
  readonly type: string
  /** The name that the template gives it, else its logical id. */
  readonly name: string
  readonly properties: JsonObject
}

export interface Place {
  readonly region: string
  readonly accountId: string
}

/** Ten lower-case alphanumerics, stable over restarts: the form of API ids, URL ids and the like. */
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

/** Where a resource type's name stands among its properties. */
export const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::Serverless::Function': 'FunctionName',
  'AWS::Serverless::LayerVersion': 'LayerName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
}

/** What Ref gives, by resource type; a type that is not here gives its name. */
export function referenceValue(resource: ReferencedResource, place: Place): string {
  switch (resource.type) {
    case 'AWS::Serverless::LayerVersion':
      return layerVersionArn(resource.name, place)
    case 'AWS::Serverless::Api':
    case 'AWS::ApiGateway::ApiKey':
    case 'AWS::ApiGateway::UsagePlan':
    case 'AWS::KMS::Key':
      return localIdentifier(resource.logicalId)
    case 'AWS::IAM::ManagedPolicy':
      return `arn:aws:iam::${place.accountId}:policy/${resource.name}`
    default:
      return resource.name
  }
}

type AttributeOf = (resource: ReferencedResource, place: Place) => string

const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, AttributeOf>>>> = {
  'AWS::Serverless::Function': { Arn: ({ name }, place) => functionArn(name, place) },
  'AWS::Serverless::LayerVersion': { LayerVersionArn: ({ name }, place) => layerVersionArn(name, place) },
  'AWS::Serverless::Api': { RootResourceId: ({ logicalId }) => localIdentifier(`${logicalId}/`) },
  'AWS::IAM::Role': {
    Arn: ({ name }, { accountId }) => `arn:aws:iam::${accountId}:role/${name}`,
    RoleId: ({ logicalId }) => `AROA${localIdentifier(logicalId).toUpperCase()}`,
  },
  'AWS::Logs::LogGroup': {
    // CloudFormation's value ends like this.
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
}

/** What GetAtt gives. Throws a TemplateError for an attribute that is not in the table. */
export function attributeValue(resource: ReferencedResource, attribute: string, place: Place): string {
  const attributes = ATTRIBUTES[resource.type] ?? {}
  const attributeOf = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
  if (!attributeOf) {
    throw new TemplateError([`attribute ${attribute} of ${resource.logicalId} (${resource.type}) is not supported`])
  }
  return attributeOf(resource, place)
}
