import type { JsonObject } from './json.ts'
import { isObject } from './json.ts'
import type { FunctionModel, GatewayResponseModel, OperationModel, RestApiModel } from './model.ts'
import { readIntegration } from './read-integration.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'
import { readSecurity } from './read-security.ts'
import { localIdentifier } from './resource-values.ts'

const ANY_METHOD = 'x-amazon-apigateway-any-method'
const METHODS = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put', ANY_METHOD]

/** Reads an AWS::Serverless::Api with a resolved OpenAPI definition body. */
export function readRestApi(
  logicalId: string,
  resource: JsonObject,
  functions: readonly FunctionModel[],
): RestApiModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  if (!isObject(reader.map('DefinitionBody').paths)) reader.fail('DefinitionBody', 'with paths is required')
  const definition = reader.within('DefinitionBody')
  return {
    logicalId,
    id: localIdentifier(logicalId),
    stageName: reader.string('StageName'),
    stageVariables: readTextMap(reader, 'Variables'),
    apiKeySource: readApiKeySource(reader, definition),
    binaryMediaTypes: definition
      .list('x-amazon-apigateway-binary-media-types')
      .map((type) => String(type).toLowerCase()),
    operations: Object.keys(definition.map('paths')).flatMap((path) => readPath(path, definition, functions)),
    gatewayResponses: { ...readDefinitionResponses(definition), ...readSamResponses(reader) },
  }
}

function readPath(path: string, definition: PropertyReader, functions: readonly FunctionModel[]): OperationModel[] {
  const item = definition.within('paths').within(path)
  const declared = Object.keys(definition.within('paths').map(path))
  return METHODS.filter((method) => declared.includes(method)).map((method) => {
    const operation = item.within(method)
    return {
      resource: path,
      method: method === ANY_METHOD ? 'ANY' : method.toUpperCase(),
      operationName: operation.optionalString('operationId'),
      ...readSecurity(item.map(method), operation, definition, functions),
      integration: readIntegration(operation, functions),
    }
  })
}

/** SAM's property replaces the definition's extension. */
function readApiKeySource(api: PropertyReader, definition: PropertyReader): RestApiModel['apiKeySource'] {
  const sources = ['HEADER', 'AUTHORIZER'] as const
  return api.oneOf(
    'ApiKeySourceType',
    sources,
    definition.oneOf('x-amazon-apigateway-api-key-source', sources, 'HEADER'),
  )
}

function readDefinitionResponses(definition: PropertyReader): Record<string, GatewayResponseModel> {
  const name = 'x-amazon-apigateway-gateway-responses'
  const types = Object.keys(definition.map(name))
  return Object.fromEntries(
    types.map((type) => {
      const response = definition.within(name).within(type)
      return [
        type,
        {
          statusCode: response.optionalNumber('statusCode'),
          responseParameters: readTextMap(response, 'responseParameters'),
          responseTemplates: readTextMap(response, 'responseTemplates'),
        },
      ]
    }),
  )
}

/** SAM's property, which becomes the definition's extension on deployment. */
function readSamResponses(api: PropertyReader): Record<string, GatewayResponseModel> {
  const types = Object.keys(api.map('GatewayResponses'))
  return Object.fromEntries(
    types.map((type) => {
      const response = api.within('GatewayResponses').within(type)
      const headers = Object.entries(readTextMap(response.within('ResponseParameters'), 'Headers'))
      return [
        type,
        {
          statusCode: response.optionalNumber('StatusCode'),
          responseParameters: Object.fromEntries(
            headers.map(([header, value]) => [`gatewayresponse.header.${header}`, value]),
          ),
          responseTemplates: readTextMap(response, 'ResponseTemplates'),
        },
      ]
    }),
  )
}

function readTextMap(reader: PropertyReader, name: string): Record<string, string> {
  const values = reader.within(name)
  return Object.fromEntries(Object.keys(reader.map(name)).map((key) => [key, values.string(key)]))
}
