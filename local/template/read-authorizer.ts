import { findFunction, parseLambdaUri } from './lambda-uri.ts'
import type { AuthorizerModel, FunctionModel } from './model.ts'
import type { PropertyReader } from './read-property.ts'

/** API Gateway's default and its maximum. */
const DEFAULT_TTL_SECONDS = 300
const MAX_TTL_SECONDS = 3600

/**
 * Reads a security scheme with `x-amazon-apigateway-authorizer` of type token, or of type request without a cache. Throws a
 * TemplateError for a cached REQUEST authorizer: its cache has other rules.
 * Source: API Gateway developer guide, "x-amazon-apigateway-authorizer object".
 */
export function readAuthorizer(
  name: string,
  scheme: PropertyReader,
  functions: readonly FunctionModel[],
): AuthorizerModel {
  const authorizer = scheme.within('x-amazon-apigateway-authorizer')
  const type = authorizer.oneOf('type', ['token', 'request'], 'token')
  if (type === 'token' && scheme.string('in') !== 'header')
    scheme.fail('in', 'must be header, because the token is in a header')
  const uri = authorizer.string('authorizerUri')
  const address = parseLambdaUri(uri)
  if (address?.version !== '2015-03-31' || address.action !== 'invocations') {
    return authorizer.fail('authorizerUri', `is "${uri}"; it must be …/2015-03-31/functions/<arn>/invocations`)
  }
  const target = findFunction(address.arn, functions)
  if (!target) return authorizer.fail('authorizerUri', `names ${address.arn}, which is not a function of this template`)
  const { functionName } = target
  if (type === 'request') {
    if (readTtl(authorizer) === 0 && !authorizer.has('identitySource')) return { type: 'REQUEST', name, functionName }
    return authorizer.fail(
      'type',
      'is request; the local stack supports it with authorizerResultTtlInSeconds 0 and no identitySource',
    )
  }
  return {
    type: 'TOKEN',
    name,
    functionName,
    header: scheme.string('name').toLowerCase(),
    validationExpression: readExpression(authorizer),
    resultTtlSeconds: readTtl(authorizer),
  }
}

function readExpression(authorizer: PropertyReader): string | undefined {
  const name = 'identityValidationExpression'
  const expression = authorizer.optionalString(name)
  if (expression === undefined) return undefined
  try {
    new RegExp(expression)
  } catch {
    authorizer.fail(name, `is ${expression}, which is not a regular expression`)
  }
  return expression
}

function readTtl(authorizer: PropertyReader): number {
  const seconds = authorizer.optionalNumber('authorizerResultTtlInSeconds') ?? DEFAULT_TTL_SECONDS
  if (seconds >= 0 && seconds <= MAX_TTL_SECONDS) return seconds
  return authorizer.fail('authorizerResultTtlInSeconds', `is ${seconds}, it must be from 0 to ${MAX_TTL_SECONDS}`)
}
