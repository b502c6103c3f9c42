import { createHash } from 'node:crypto'
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda'

/**
 * Bearer token in the form of an API key. API Gateway's keys have 20 to 128 characters. The scheme is not case sensitive
 * (RFC 9110, 11.1).
 */
const BEARER_KEY = /^bearer +(?<key>[\x21-\x7e]{20,128})$/i

/** API and stage in the ARN of a method: `arn:aws:execute-api:us-east-1:123456789012:abc/v1/POST/…`. */
const STAGE = /^arn:[^:]+:execute-api:[^:]*:\d*:[^/]+\/[^/]+(?=\/)/

/**
 * Passes a bearer token to API Gateway as the API key of the request. API Gateway checks on every request that the key
 * exists, is enabled and has quota left. It caches only this answer: the token has the form of a key.
 *
 * A token in another form is denied. It does not throw, so callers' mistakes are not counted as errors of the function.
 * Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
 *
 * @throws Error for a `methodArn` that is not the ARN of an API method
 */
export function authorize({
  authorizationToken,
  methodArn,
}: APIGatewayTokenAuthorizerEvent): APIGatewayAuthorizerResult {
  const key = BEARER_KEY.exec(authorizationToken ?? '')?.groups?.key
  if (key === undefined) return toPolicy('anonymous', 'Deny', methodArn)
  return { ...toPolicy(nameCaller(key), 'Allow', methodArn), usageIdentifierKey: key }
}

/** Names a caller by a hash of its key, which does not reveal the key. */
function nameCaller(key: string): string {
  return `key-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`
}

/** Makes a policy for all routes of the stage: API Gateway caches it and uses it for the caller's other routes, too. */
function toPolicy(
  principalId: string,
  effect: 'Allow' | 'Deny',
  methodArn: string,
): Pick<APIGatewayAuthorizerResult, 'principalId' | 'policyDocument'> {
  const stage = STAGE.exec(methodArn)?.[0]
  if (stage === undefined) throw new Error('methodArn is not the ARN of an API method')
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: effect, Action: 'execute-api:Invoke', Resource: `${stage}/*/*` }],
    },
  }
}
