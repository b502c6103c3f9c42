import { isObject } from '../../../template/json.ts'
import { authorizerConfigurationError } from '../../gateway-fault.ts'

/** Answer of a Lambda authorizer about a token. */
export interface AuthorizerAnswer {
  readonly principalId: string
  readonly policyDocument: unknown
  /** Values as text, as functions get them. */
  readonly context: Readonly<Record<string, string>>
  /** API key that the request counts for, if the authorizer is the source of keys. */
  readonly usageIdentifierKey: string | undefined
}

/**
 * Throws the GatewayFault of an answer that API Gateway does not take.
 * Source: API Gateway developer guide, "Output from an API Gateway Lambda authorizer".
 */
export function readAuthorizerAnswer(payload: Buffer): AuthorizerAnswer {
  const answer = parse(payload)
  if (!isObject(answer)) throw authorizerConfigurationError('the authorizer answered no map')
  const { principalId, policyDocument, context = {}, usageIdentifierKey } = answer
  if (typeof principalId !== 'string' || principalId === '') {
    throw authorizerConfigurationError('the authorizer answered no principalId')
  }
  if (!isObject(policyDocument)) throw authorizerConfigurationError('the authorizer answered no policyDocument')
  return {
    principalId,
    policyDocument,
    context: readContext(context),
    usageIdentifierKey: typeof usageIdentifierKey === 'string' ? usageIdentifierKey : undefined,
  }
}

function readContext(context: unknown): Record<string, string> {
  if (!isObject(context)) throw authorizerConfigurationError("the authorizer's context is no map")
  const nested = Object.entries(context).find(([, value]) => typeof value === 'object')
  if (nested) throw authorizerConfigurationError(`the authorizer's context.${nested[0]} is not text, number or boolean`)
  return Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]))
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    throw authorizerConfigurationError('the authorizer answered no JSON')
  }
}
