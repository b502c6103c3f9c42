import type { JsonObject } from '../../template/json.ts'
import { type CallerIdentity, identifyCaller } from '../caller-identity.ts'
import type { ReceivedRequest } from '../received-request.ts'
import type { RequestContext } from '../request-context.ts'
import type { MatchedRoute } from '../route-table.ts'

/** A request that asks to pass. */
export interface ApiRequest {
  readonly received: ReceivedRequest
  /** Reads the whole body. */
  readonly body: () => Promise<Buffer>
  readonly route: MatchedRoute
  readonly context: RequestContext
  /** `Root=…` of the X-Ray header. */
  readonly traceRoot: string
}

/** What becomes of it: parts of the event's `requestContext`. */
export interface ApiCaller {
  readonly identity: Partial<CallerIdentity>
  /** Of a Lambda authorizer. */
  readonly authorizer?: JsonObject
}

/** Who may call a REST API. */
export interface ApiAccess {
  /** Rejects with the GatewayFault of a caller that may not. */
  admit(request: ApiRequest): Promise<ApiCaller>
}

/** Who may call a function URL with AuthType AWS_IAM. */
export interface FunctionUrlAccess {
  /** Rejects with the GatewayFault of a caller that may not. */
  admit(received: ReceivedRequest, body: () => Promise<Buffer>): Promise<CallerIdentity>
}

/** Everybody may: the identity is read from whatever credential came, and believed. */
export function openApiAccess(accountId: string): ApiAccess {
  return {
    async admit({ received, route }) {
      return { identity: route.operation.authorization === 'NONE' ? {} : identifyCaller(received, accountId) }
    },
  }
}

export function openFunctionUrlAccess(accountId: string): FunctionUrlAccess {
  return { admit: async (received) => identifyCaller(received, accountId) }
}
