import { createHash } from 'node:crypto'
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda'

/**
 * A bearer token that can be an API key: API Gateway's keys have 20 to 128 characters. The scheme's name is not case
 * sensitive (RFC 9110, 11.1).
 */
const BEARER_KEY = /^bearer +(?<key>[\x21-\x7e]{20,128})$/i

/** The API and its stage within the ARN of a method: `arn:aws:execute-api:us-east-1:123456789012:abc/v1/POST/…`. */
const STAGE = /^arn:[^:]+:execute-api:[^:]*:\d*:[^/]+\/[^/]+(?=\/)/

/**
 * Hands a bearer token to API Gateway as the API key of the request. Whether there is such a key, whether it is enabled
 * and what is left of its quota API Gateway decides itself, on every request: what it caches of this answer is only that
 * the token can be a key.
 *
 * A token that cannot be one is denied and not thrown at, so that callers' mistakes are not the function's errors.
 * Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
 */
export function authorize({
  authorizationToken,
  methodArn,
}: APIGatewayTokenAuthorizerEvent): APIGatewayAuthorizerResult {
  const key = BEARER_KEY.exec(authorizationToken ?? '')?.groups?.key
  if (key === undefined) return answer('anonymous', 'Deny', methodArn)
  return { ...answer(nameCaller(key), 'Allow', methodArn), usageIdentifierKey: key }
}

/** Tells callers apart without telling their keys. */
function nameCaller(key: string): string {
  return `key-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`
}

/** The cached answer serves every route that the caller takes next, so that it must speak of all of them. */
function answer(
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
