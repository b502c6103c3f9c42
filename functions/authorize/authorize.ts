import { createHash } from 'node:crypto'
import type {
  APIGatewayAuthorizerResult,
  APIGatewayRequestAuthorizerEvent,
  APIGatewayTokenAuthorizerEvent,
} from 'aws-lambda'

/** API Gateway's keys have 20 to 128 characters. */
const KEY = /^[\x21-\x7e]{20,128}$/

/** Bearer token. The scheme is not case sensitive (RFC 9110, 11.1). */
const BEARER = /^bearer +(?<token>\S+)$/i

/** API and stage in the ARN of a method: `arn:aws:execute-api:us-east-1:123456789012:abc/v1/POST/…`. */
const STAGE = /^arn:[^:]+:execute-api:[^:]*:\d*:[^/]+\/[^/]+(?=\/)/

type AuthorizerEvent = APIGatewayTokenAuthorizerEvent | APIGatewayRequestAuthorizerEvent

/**
 * Passes a caller's key to API Gateway as the API key of the request. API Gateway checks on every request that the key exists,
 * is enabled and has quota left.
 *
 * The event of a TOKEN authorizer has a bearer token. A token in another form is denied: the function does not throw, so
 * callers' mistakes are not counted as its errors. The event of a REQUEST authorizer has all headers: clients of OpenAI send
 * the key as a bearer token, those of Anthropic in `x-api-key`, and Claude Code in both.
 * Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
 *
 * @throws Error "Unauthorized", which API Gateway answers with its response UNAUTHORIZED, for a REQUEST without a key; Error for
 *   a `methodArn` that is not the ARN of an API method
 */
export function authorize(event: AuthorizerEvent): APIGatewayAuthorizerResult {
  const { methodArn } = event
  const key = event.type === 'TOKEN' ? readBearer(event.authorizationToken) : readHeaders(event)
  if (key !== undefined) return { ...toPolicy(nameCaller(key), 'Allow', methodArn), usageIdentifierKey: key }
  if (event.type === 'REQUEST') throw new Error('Unauthorized')
  return toPolicy('anonymous', 'Deny', methodArn)
}

/** Reads the key of the two headers. If both have one, the bearer token counts. */
function readHeaders({ headers }: APIGatewayRequestAuthorizerEvent): string | undefined {
  const sent = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
  const { authorization, 'x-api-key': apiKey } = Object.fromEntries(sent)
  return readBearer(authorization) ?? readKey(apiKey)
}

function readBearer(header: string | undefined): string | undefined {
  return readKey(BEARER.exec(header ?? '')?.groups?.token)
}

function readKey(text: string | undefined): string | undefined {
  return text !== undefined && KEY.test(text) ? text : undefined
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
