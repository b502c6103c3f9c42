import { resolve } from 'node:path'
import type { JsonObject } from './json.ts'
import type { ApiEventModel, FunctionModel, FunctionUrlModel, LayerModel, QueueModel } from './model.ts'
import { readAsynchronous } from './read-asynchronous.ts'
import { readBuild } from './read-build.ts'
import { readCors } from './read-cors.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'
import { functionArn, localIdentifier, type Place } from './resource-values.ts'

/** The only supported runtime, because npm installs its Node. */
const RUNTIME = 'nodejs24.x'

/** Lambda's defaults. */
const DEFAULT_MEMORY_MEGABYTES = 128
const DEFAULT_TIMEOUT_SECONDS = 3

export interface FunctionSurroundings extends Place {
  readonly directory: string
  readonly layers: readonly LayerModel[]
  readonly queues: readonly QueueModel[]
  readonly urls: readonly NamedFunctionUrl[]
}

/** Function URL with the name or ARN of its function. */
export interface NamedFunctionUrl extends FunctionUrlModel {
  readonly target: string
}

/** Reads an AWS::Serverless::Function whose properties are resolved and merged with Globals. */
export function readFunction(logicalId: string, resource: JsonObject, around: FunctionSurroundings): FunctionModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  const functionName = reader.optionalString('FunctionName') ?? logicalId
  const logging = reader.within('LoggingConfig')
  reader.oneOf('PackageType', ['Zip'], 'Zip')
  return {
    logicalId,
    functionName,
    arn: functionArn(functionName, around),
    handler: reader.string('Handler'),
    runtime: reader.oneOf('Runtime', [RUNTIME], RUNTIME),
    codeUri: resolve(around.directory, reader.string('CodeUri')),
    build: readBuild(resource.Metadata),
    memoryMegabytes: reader.optionalNumber('MemorySize') ?? DEFAULT_MEMORY_MEGABYTES,
    timeoutSeconds: reader.optionalNumber('Timeout') ?? DEFAULT_TIMEOUT_SECONDS,
    environment: readEnvironment(reader.within('Environment')),
    layers: readLayers(reader, around.layers),
    logFormat: logging.oneOf('LogFormat', ['Text', 'JSON'], 'Text'),
    logLevel: logging.optionalString('ApplicationLogLevel'),
    logGroup: logging.optionalString('LogGroup') ?? `/aws/lambda/${functionName}`,
    reservedConcurrency: reader.optionalNumber('ReservedConcurrentExecutions'),
    functionUrl: around.urls.find(
      ({ target }) => target === functionName || target === functionArn(functionName, around),
    ),
    apiEvents: readApiEvents(reader),
    asynchronous: readAsynchronous(reader, around.queues),
  }
}

function readEnvironment(reader: PropertyReader): Record<string, string> {
  const variables = reader.within('Variables')
  return Object.fromEntries(
    Object.keys(reader.map('Variables')).map((name) => [name, variables.optionalString(name) ?? '']),
  )
}

function readLayers(reader: PropertyReader, layers: readonly LayerModel[]): string[] {
  return reader.list('Layers').map((arn) => {
    const layer = layers.find((candidate) => candidate.arn === arn)
    return (
      layer?.logicalId ?? reader.fail('Layers', `names ${JSON.stringify(arn)}, which is not a layer of this template`)
    )
  })
}

/** Reads an AWS::Lambda::Url whose properties are resolved. */
export function readFunctionUrl(logicalId: string, resource: JsonObject): NamedFunctionUrl {
  const url = createPropertyReader(logicalId, resource).within('Properties')
  return {
    id: localIdentifier(logicalId),
    target: url.string('TargetFunctionArn'),
    authType: url.oneOf('AuthType', ['AWS_IAM', 'NONE'], 'AWS_IAM'),
    invokeMode: url.oneOf('InvokeMode', ['BUFFERED', 'RESPONSE_STREAM'], 'BUFFERED'),
    cors: Object.keys(url.map('Cors')).length === 0 ? undefined : readCors(url.within('Cors')),
  }
}

function readApiEvents(reader: PropertyReader): ApiEventModel[] {
  return Object.keys(reader.map('Events')).flatMap((name) => {
    const event = reader.within('Events').within(name)
    return event.string('Type') === 'Api' ? [readApiEvent(name, event.within('Properties'))] : []
  })
}

function readApiEvent(name: string, event: PropertyReader): ApiEventModel {
  return {
    name,
    path: event.string('Path'),
    method: event.string('Method').toLowerCase(),
    restApiId: event.optionalString('RestApiId'),
  }
}
