import type { JsonObject } from '../../template/json.ts'
import { type CallerIdentity, identifyCaller } from '../caller-identity.ts'
import type { ReceivedRequest } from '../received-request.ts'
import type { RequestContext } from '../request-context.ts'
import type { MatchedRoute } from '../route-table.ts'

/** Request whose access is checked. */
export interface ApiRequest {
  readonly received: ReceivedRequest
  /** Reads the whole body. */
  readonly body: () => Promise<Buffer>
  readonly route: MatchedRoute
  readonly context: RequestContext
  /** `Root=…` of the X-Ray header. */
  readonly traceRoot: string
}

/** Result of the check: parts of the event's `requestContext`. */
export interface ApiCaller {
  readonly identity: Partial<CallerIdentity>
  /** Context that a Lambda authorizer returned. */
  readonly authorizer?: JsonObject
}

/** Access to a REST API. */
export interface ApiAccess {
  /** Rejects with the GatewayFault of a caller without access. */
  admit(request: ApiRequest): Promise<ApiCaller>
}

/** Access to a function URL with AuthType AWS_IAM. */
export interface FunctionUrlAccess {
  /** Rejects with the GatewayFault of a caller without access. */
  admit(received: ReceivedRequest, body: () => Promise<Buffer>): Promise<CallerIdentity>
}

/** Open access: everybody may call. The identity is read from any credential, without verification. */
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
