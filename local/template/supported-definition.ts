import { each, honoured, inert, members, type PropertyRule } from './property-rules.ts'

const DOCUMENTS = 'only documentation: without a request validator API Gateway checks nothing'

const LAMBDA_INTEGRATION: PropertyRule = members({
  type: honoured,
  httpMethod: honoured,
  uri: honoured,
  responseTransferMode: honoured,
  timeoutInMillis: honoured,
  credentials: inert('the local stack has no IAM'),
  passthroughBehavior: inert('proxy integrations pass everything through'),
  payloadFormatVersion: inert('REST APIs have version 1.0 only'),
})

/** Mock with one constant answer and no body template. */
const MOCK_INTEGRATION: PropertyRule = members({
  type: honoured,
  passthroughBehavior: inert('a mock integration calls nothing'),
  requestTemplates: members({ 'application/json': honoured }),
  responses: members({ default: members({ statusCode: honoured, responseParameters: honoured }) }),
})

/** Templates for the call and for the reply. The service's status selects the response. */
const SERVICE_INTEGRATION: PropertyRule = members({
  type: honoured,
  credentials: inert('the local stack has no IAM'),
  httpMethod: honoured,
  passthroughBehavior: honoured,
  requestTemplates: honoured,
  responses: each(members({ statusCode: honoured, responseParameters: honoured, responseTemplates: honoured })),
  timeoutInMillis: honoured,
  uri: honoured,
})

const INTEGRATION: PropertyRule = {
  kind: 'typed',
  member: 'type',
  types: { aws: SERVICE_INTEGRATION, aws_proxy: LAMBDA_INTEGRATION, mock: MOCK_INTEGRATION },
}

const OPERATION: PropertyRule = members({
  description: inert(DOCUMENTS),
  operationId: honoured,
  parameters: inert(DOCUMENTS),
  requestBody: inert(DOCUMENTS),
  responses: inert(`${DOCUMENTS}; a mock integration's headers must be declared in it`),
  security: honoured,
  summary: inert(DOCUMENTS),
  tags: inert(DOCUMENTS),
  'x-amazon-apigateway-integration': INTEGRATION,
})

const PATH: PropertyRule = members({
  delete: OPERATION,
  get: OPERATION,
  head: OPERATION,
  options: OPERATION,
  parameters: inert(DOCUMENTS),
  patch: OPERATION,
  post: OPERATION,
  put: OPERATION,
  'x-amazon-apigateway-any-method': OPERATION,
})

const SECURITY_SCHEME: PropertyRule = members({
  description: inert(DOCUMENTS),
  in: honoured,
  name: honoured,
  type: honoured,
  'x-amazon-apigateway-authorizer': members({
    authorizerCredentials: inert('the local stack has no IAM'),
    authorizerResultTtlInSeconds: honoured,
    authorizerUri: honoured,
    identityValidationExpression: honoured,
    type: honoured,
  }),
  'x-amazon-apigateway-authtype': honoured,
})

/** A REST API's OpenAPI definition with API Gateway's extensions. */
export const definitionRule: PropertyRule = members({
  components: members({ schemas: inert(DOCUMENTS), securitySchemes: each(SECURITY_SCHEME) }),
  info: inert(DOCUMENTS),
  openapi: honoured,
  paths: each(PATH),
  security: honoured,
  servers: inert('there is only the local address'),
  tags: inert(DOCUMENTS),
  'x-amazon-apigateway-api-key-source': honoured,
  'x-amazon-apigateway-binary-media-types': honoured,
  'x-amazon-apigateway-endpoint-configuration': inert('the local API is regional'),
  'x-amazon-apigateway-gateway-responses': each(
    members({ statusCode: honoured, responseParameters: honoured, responseTemplates: honoured }),
  ),
  'x-amazon-apigateway-policy': inert('the local stack has no IAM'),
})
