import { FunctionError, LambdaError } from '../../../lambda/errors.ts'
import type { LambdaService } from '../../../lambda/lambda-service.ts'
import type { AuthorizerModel } from '../../../template/model.ts'
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
 * A TOKEN authorizer of API Gateway: shows the token to its function and applies the policy that comes back, which is kept
 * for the token and judged anew for every method.
 * Source: API Gateway developer guide, "Use API Gateway Lambda authorizers".
 */
export function createLambdaAuthorizer(options: LambdaAuthorizerOptions): LambdaAuthorizer {
  const { authorizer, lambda, region, accountId, clock = Date.now } = options
  const { functionName, header, validationExpression, resultTtlSeconds } = authorizer
  // API Gateway matches the whole token.
  const expression = validationExpression === undefined ? undefined : new RegExp(`^(?:${validationExpression})$`)
  const cache = new Map<string, { readonly answer: AuthorizerAnswer; readonly expiresAt: number }>()

  async function ask(token: string, methodArn: string, traceRoot: string): Promise<AuthorizerAnswer> {
    const known = cache.get(token)
    if (known && clock() < known.expiresAt) return known.answer
    cache.delete(token)
    const event = Buffer.from(JSON.stringify({ type: 'TOKEN', methodArn, authorizationToken: token }))
    const { payload } = await lambda.invoke(functionName, event, { traceRoot }).catch((error: unknown) => {
      throw toFault(error, functionName)
    })
    const answer = readAuthorizerAnswer(payload)
    if (resultTtlSeconds > 0) {
      cache.set(token, { answer, expiresAt: clock() + resultTtlSeconds * 1000 })
      for (const oldest of cache.keys()) {
        if (cache.size <= CACHE_SIZE) break
        cache.delete(oldest)
      }
    }
    return answer
  }

  return {
    async authorize({ received, context, traceRoot }) {
      const token = headerValue(received, header) ?? ''
      // These cases do not reach the function.
      if (token === '' || (expression && !expression.test(token))) throw unauthorized()
      const api = `arn:aws:execute-api:${region}:${accountId}:${context.apiId}`
      const methodArn = `${api}/${context.stage}/${received.method}${received.rawPath}`
      const answer = await ask(token, methodArn, traceRoot)
      const verdict = judge(answer.policyDocument, methodArn)
      if (verdict !== 'allow') throw accessDenied(verdict === 'explicit-deny')
      return answer
    },
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
