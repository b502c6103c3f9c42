import type { FunctionModel, LambdaIntegrationModel, OperationModel } from './model.ts'
import { readMockIntegration } from './read-mock-integration.ts'
import type { PropertyReader } from './read-property.ts'

/** API Gateway's address of a Lambda function: version and action say how it is invoked. */
const LAMBDA_URI =
  /^arn:[^:]+:apigateway:[^:]*:lambda:path\/(?<version>[\d-]+)\/functions\/(?<arn>arn:[^/]+)\/(?<action>[a-z-]+)$/

const ACTIONS = {
  STREAM: { version: '2021-11-15', action: 'response-streaming-invocations', longestMilliseconds: 900_000 },
  BUFFERED: { version: '2015-03-31', action: 'invocations', longestMilliseconds: 29_000 },
} as const

/** API Gateway's default, for both transfer modes. */
const DEFAULT_TIMEOUT_MILLISECONDS = 29_000
const SHORTEST_TIMEOUT_MILLISECONDS = 50

/** `x-amazon-apigateway-integration` of one operation. Throws a TemplateError for what the local stack does not run. */
export function readIntegration(
  operation: PropertyReader,
  functions: readonly FunctionModel[],
): OperationModel['integration'] {
  const name = 'x-amazon-apigateway-integration'
  if (Object.keys(operation.map(name)).length === 0) operation.fail(name, 'is required')
  const integration = operation.within(name)
  const type = integration.oneOf('type', ['aws_proxy', 'mock'], 'aws_proxy')
  return type === 'mock' ? readMockIntegration(operation, integration) : readLambdaIntegration(integration, functions)
}

function readLambdaIntegration(
  integration: PropertyReader,
  functions: readonly FunctionModel[],
): LambdaIntegrationModel {
  // Lambda's Invoke is a POST, whatever the method of the route.
  integration.oneOf('httpMethod', ['POST'], 'POST')
  const transferMode = integration.oneOf('responseTransferMode', ['BUFFERED', 'STREAM'], 'BUFFERED')
  const { version, action, longestMilliseconds } = ACTIONS[transferMode]

  const uri = integration.string('uri')
  const parts = LAMBDA_URI.exec(uri)?.groups
  if (parts?.version !== version || parts.action !== action) {
    return integration.fail(
      'uri',
      `is "${uri}"; transfer mode ${transferMode} needs …/${version}/functions/<arn>/${action}`,
    )
  }
  // An alias or version may follow the function's own ARN.
  const target = functions.find(({ arn }) => parts.arn === arn || parts.arn?.startsWith(`${arn}:`))
  if (!target) return integration.fail('uri', `names ${parts.arn}, which is no function of this template`)

  const timeoutMilliseconds = integration.optionalNumber('timeoutInMillis') ?? DEFAULT_TIMEOUT_MILLISECONDS
  if (timeoutMilliseconds < SHORTEST_TIMEOUT_MILLISECONDS || timeoutMilliseconds > longestMilliseconds) {
    integration.fail(
      'timeoutInMillis',
      `is ${timeoutMilliseconds}, outside ${SHORTEST_TIMEOUT_MILLISECONDS} to ${longestMilliseconds} for ${transferMode}`,
    )
  }
  return { type: 'aws_proxy', functionName: target.functionName, transferMode, timeoutMilliseconds }
}
