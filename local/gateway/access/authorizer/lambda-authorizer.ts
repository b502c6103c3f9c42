import { FunctionError, LambdaError } from '../../../lambda/errors.ts'
import type { LambdaService } from '../../../lambda/lambda-service.ts'
import type { JsonObject } from '../../../template/json.ts'
import type { AuthorizerModel, TokenAuthorizerModel } from '../../../template/model.ts'
import { forwardedHeaders, lastValues, multiValues, parseQuery } from '../../event-fields.ts'
import { accessDenied, authorizerConfigurationError, authorizerFailure, unauthorized } from '../../gateway-fault.ts'
import { headerValue } from '../../received-request.ts'
import type { ApiRequest } from '../access.ts'
import { evaluatePolicy, PolicyError } from './evaluate-policy.ts'
import { type AuthorizerAnswer, readAuthorizerAnswer } from './read-authorizer-answer.ts'

export interface LambdaAuthorizerOptions {
  readonly authorizer: AuthorizerModel
  readonly lambda: Pick<LambdaService, 'invoke'>
  readonly region: string
  readonly accountId: string
  /** Milliseconds since 1970; Date.now by default. */
  readonly clock?: () => number
}

export interface LambdaAuthorizer {
  /** Rejects with the GatewayFault of a request that is refused. */
  authorize(request: ApiRequest): Promise<AuthorizerAnswer>
}

/** Most cached answers; the oldest is removed first. */
const CACHE_SIZE = 1000

/**
 * A Lambda authorizer of API Gateway: shows the token, or the whole request, to its function and applies the policy that comes
 * back. That of a token is kept and judged anew for every method.
 * Source: API Gateway developer guide, "Use API Gateway Lambda authorizers".
 */
export function createLambdaAuthorizer(options: LambdaAuthorizerOptions): LambdaAuthorizer {
  const { authorizer, lambda, region, accountId } = options
  const { functionName } = authorizer
  const askByToken = authorizer.type === 'TOKEN' ? createTokenCache(authorizer, ask, options.clock) : undefined

  async function ask(event: JsonObject, traceRoot: string): Promise<AuthorizerAnswer> {
    const payload = Buffer.from(JSON.stringify(event))
    const answer = await lambda.invoke(functionName, payload, { traceRoot }).catch((error: unknown) => {
      throw toFault(error, functionName)
    })
    return readAuthorizerAnswer(answer.payload)
  }

  return {
    async authorize(request) {
      const { received, context, traceRoot } = request
      const api = `arn:aws:execute-api:${region}:${accountId}:${context.apiId}`
      const methodArn = `${api}/${context.stage}/${received.method}${received.rawPath}`
      const answer = askByToken
        ? await askByToken(request, methodArn)
        : await ask(requestEvent(request, methodArn), traceRoot)
      const verdict = judge(answer.policyDocument, methodArn)
      if (verdict !== 'allow') throw accessDenied(verdict === 'explicit-deny')
      return answer
    },
  }
}

/** Event of a REQUEST authorizer. Source: API Gateway developer guide, "Input to an API Gateway Lambda authorizer". */
function requestEvent({ received, route, context, traceRoot }: ApiRequest, methodArn: string): JsonObject {
  const headers = multiValues(forwardedHeaders(received, traceRoot))
  const query = multiValues(parseQuery(received.rawQuery))
  return {
    type: 'REQUEST',
    methodArn,
    resource: route.operation.resource,
    path: received.rawPath,
    httpMethod: received.method,
    headers: lastValues(headers),
    multiValueHeaders: headers,
    queryStringParameters: lastValues(query),
    multiValueQueryStringParameters: query,
    pathParameters: route.pathParameters,
    stageVariables: {},
    requestContext: { ...context },
  }
}

type AskByToken = (request: ApiRequest, methodArn: string) => Promise<AuthorizerAnswer>

function createTokenCache(
  { header, validationExpression, resultTtlSeconds }: TokenAuthorizerModel,
  ask: (event: JsonObject, traceRoot: string) => Promise<AuthorizerAnswer>,
  clock = Date.now,
): AskByToken {
  // API Gateway matches the whole token.
  const expression = validationExpression === undefined ? undefined : new RegExp(`^(?:${validationExpression})$`)
  const cache = new Map<string, { readonly answer: AuthorizerAnswer; readonly expiresAt: number }>()

  return async ({ received, traceRoot }, methodArn) => {
    const token = headerValue(received, header) ?? ''
    // These cases do not reach the function.
    if (token === '' || (expression && !expression.test(token))) throw unauthorized()
    const known = cache.get(token)
    if (known && clock() < known.expiresAt) return known.answer
    cache.delete(token)
    const answer = await ask({ type: 'TOKEN', methodArn, authorizationToken: token }, traceRoot)
    if (resultTtlSeconds > 0) {
      cache.set(token, { answer, expiresAt: clock() + resultTtlSeconds * 1000 })
      for (const oldest of cache.keys()) {
        if (cache.size <= CACHE_SIZE) break
        cache.delete(oldest)
      }
    }
    return answer
  }
}

function judge(policy: unknown, methodArn: string) {
  try {
    return evaluatePolicy(policy, methodArn)
  } catch (error) {
    if (error instanceof PolicyError) throw authorizerConfigurationError(error.message)
    throw error
  }
}

/** Message by which an authorizer answers 401. Any other failure is an error of the API. */
function toFault(error: unknown, functionName: string): unknown {
  if (error instanceof FunctionError && error.message === 'Unauthorized') return unauthorized()
  if (!(error instanceof LambdaError)) return error
  const type = error instanceof FunctionError ? error.errorType : error.name
  return authorizerFailure(`${functionName}: ${type}`, error)
}
