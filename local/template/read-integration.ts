import { findFunction, parseLambdaUri } from './lambda-uri.ts'
import type { FunctionModel, LambdaIntegrationModel, OperationModel } from './model.ts'
import { readMockIntegration } from './read-mock-integration.ts'
import type { PropertyReader } from './read-property.ts'
import { readServiceIntegration } from './read-service-integration.ts'

const ACTIONS = {
  STREAM: { version: '2021-11-15', action: 'response-streaming-invocations', maxTimeoutMs: 900_000 },
  BUFFERED: { version: '2015-03-31', action: 'invocations', maxTimeoutMs: 29_000 },
} as const

/** API Gateway's default, for both transfer modes. */
const DEFAULT_TIMEOUT_MS = 29_000
const MIN_TIMEOUT_MS = 50

/** Reads `x-amazon-apigateway-integration` of an operation. Throws a TemplateError for one that does not run locally. */
export function readIntegration(
  operation: PropertyReader,
  functions: readonly FunctionModel[],
): OperationModel['integration'] {
  const name = 'x-amazon-apigateway-integration'
  if (Object.keys(operation.map(name)).length === 0) operation.fail(name, 'is required')
  const integration = operation.within(name)
  const type = integration.oneOf('type', ['aws', 'aws_proxy', 'mock'], 'aws_proxy')
  if (type === 'aws') return readServiceIntegration(operation, integration)
  return type === 'mock' ? readMockIntegration(operation, integration) : readLambdaIntegration(integration, functions)
}

function readLambdaIntegration(
  integration: PropertyReader,
  functions: readonly FunctionModel[],
): LambdaIntegrationModel {
  // Lambda's Invoke is a POST for every method of the route.
  integration.oneOf('httpMethod', ['POST'], 'POST')
  const transferMode = integration.oneOf('responseTransferMode', ['BUFFERED', 'STREAM'], 'BUFFERED')
  const { version, action, maxTimeoutMs } = ACTIONS[transferMode]

  const uri = integration.string('uri')
  const address = parseLambdaUri(uri)
  if (address?.version !== version || address.action !== action) {
    return integration.fail(
      'uri',
      `is "${uri}"; transfer mode ${transferMode} needs …/${version}/functions/<arn>/${action}`,
    )
  }
  const target = findFunction(address.arn, functions)
  if (!target) return integration.fail('uri', `names ${address.arn}, which is not a function of this template`)

  const timeoutMs = integration.optionalNumber('timeoutInMillis') ?? DEFAULT_TIMEOUT_MS
  if (timeoutMs < MIN_TIMEOUT_MS || timeoutMs > maxTimeoutMs) {
    integration.fail(
      'timeoutInMillis',
      `is ${timeoutMs}, it must be from ${MIN_TIMEOUT_MS} to ${maxTimeoutMs} for ${transferMode}`,
    )
  }
  return { type: 'aws_proxy', functionName: target.functionName, transferMode, timeoutMs }
}
