import { isObject, type JsonObject } from './json.ts'
import type { FunctionModel, OperationModel } from './model.ts'
import { readAuthorizer } from './read-authorizer.ts'
import type { PropertyReader } from './read-property.ts'

type Security = Pick<OperationModel, 'authorization' | 'authorizer' | 'apiKeyRequired'>

/**
 * Reads who may call an operation, from its own `security` or else from the definition's. API Gateway has no
 * alternatives: every named scheme counts. Throws a TemplateError for a scheme that the local stack does not support.
 */
export function readSecurity(
  declared: JsonObject,
  operation: PropertyReader,
  definition: PropertyReader,
  functions: readonly FunctionModel[],
): Security {
  const requirements = declared.security === undefined ? definition.list('security') : operation.list('security')
  const names = requirements.flatMap((requirement) => (isObject(requirement) ? Object.keys(requirement) : []))
  const schemes = definition.within('components').within('securitySchemes')
  let security: Security = { authorization: 'NONE', authorizer: undefined, apiKeyRequired: false }
  for (const name of names) {
    const own = readScheme(name, schemes, functions)
    if (own === undefined)
      return operation.fail('security', `names ${name}, a scheme that the local stack does not support`)
    if (own.authorization !== undefined && security.authorization !== 'NONE') {
      return operation.fail('security', `names ${name} and another authorizer; API Gateway takes one`)
    }
    security = { ...security, ...own }
  }
  return security
}

/** Part that one scheme adds: an authorization, or the need for an API key. */
function readScheme(
  name: string,
  schemes: PropertyReader,
  functions: readonly FunctionModel[],
): Partial<Security> | undefined {
  const scheme = schemes.map(name)
  const type = scheme['x-amazon-apigateway-authtype']
  if (type === 'awsSigv4') return { authorization: 'AWS_IAM' }
  if (isObject(scheme['x-amazon-apigateway-authorizer'])) {
    return { authorization: 'CUSTOM', authorizer: readAuthorizer(name, schemes.within(name), functions) }
  }
  // Source: API Gateway developer guide, "API keys": only this header name.
  const isApiKey = type === undefined && scheme.type === 'apiKey' && scheme.in === 'header'
  return isApiKey && String(scheme.name).toLowerCase() === 'x-api-key' ? { apiKeyRequired: true } : undefined
}
