import type { LambdaService } from '../../lambda/lambda-service.ts'
import type { RestApiModel } from '../../template/model.ts'
import { accessKeyIdentity } from '../caller-identity.ts'
import { functionUrlForbidden, missingAuthenticationToken } from '../gateway-fault.ts'
import { headerValue } from '../received-request.ts'
import type { ApiAccess, ApiCaller, ApiRequest, FunctionUrlAccess } from './access.ts'
import { createLambdaAuthorizer } from './authorizer/lambda-authorizer.ts'
import type { ApiKeys } from './keys/api-keys.ts'
import type { Credential } from './signature/credentials.ts'
import { ALGORITHM } from './signature/parse-authorization.ts'
import { createSignatureVerifier } from './signature/verify-signature.ts'

export interface EnforcedAccessOptions {
  readonly lambda: Pick<LambdaService, 'invoke'>
  readonly region: string
  readonly accountId: string
  readonly credentials: readonly Credential[]
  readonly apiKeys: ApiKeys
  /** Milliseconds since 1970; Date.now by default. */
  readonly clock?: () => number
}

/** Access by the definition of each operation: a signature, a Lambda authorizer, an API key, or open. */
export function enforceApiAccess(api: RestApiModel, options: EnforcedAccessOptions): ApiAccess {
  const { accountId, apiKeys } = options
  const verifier = createSignatureVerifier({ ...options, service: 'execute-api' })
  const models = api.operations.flatMap(({ authorizer }) => authorizer ?? [])
  const authorizers = new Map(
    models.map((authorizer) => [authorizer.name, createLambdaAuthorizer({ ...options, authorizer })]),
  )

  async function authenticate({ received, body }: ApiRequest): Promise<ApiCaller> {
    if (headerValue(received, 'authorization') === undefined) throw missingAuthenticationToken()
    return { identity: accessKeyIdentity(await verifier.verify(received, body), accountId) }
  }

  /** Checks the authorizer, and returns the key that it names. */
  async function askAuthorizer(request: ApiRequest): Promise<ApiCaller & { readonly namedKey: string | undefined }> {
    const { authorizer: model } = request.route.operation
    const authorizer = model && authorizers.get(model.name)
    if (!authorizer) throw new Error(`${request.route.operation.resource} has no authorizer`)
    const startedAt = performance.now()
    const { principalId, context, usageIdentifierKey } = await authorizer.authorize(request)
    const integrationLatency = Math.round(performance.now() - startedAt)
    return {
      identity: {},
      authorizer: { ...context, principalId, integrationLatency },
      namedKey: usageIdentifierKey,
    }
  }

  function countForKey(value: string | undefined): ApiCaller['identity'] {
    return { apiKey: value ?? null, apiKeyId: apiKeys.admit(value).id }
  }

  return {
    async admit(request) {
      const { authorization, apiKeyRequired } = request.route.operation
      const sentKey = headerValue(request.received, 'x-api-key')
      const { namedKey, ...caller }: ApiCaller & { readonly namedKey?: string | undefined } =
        authorization === 'CUSTOM'
          ? await askAuthorizer(request)
          : authorization === 'AWS_IAM'
            ? await authenticate(request)
            : { identity: {} }
      if (!apiKeyRequired) return caller
      const key = countForKey(api.apiKeySource === 'AUTHORIZER' ? namedKey : sentKey)
      return { ...caller, identity: { ...caller.identity, ...key } }
    },
  }
}

/** Access to a function URL: signatures for Lambda, whatever the API accepts. */
export function enforceFunctionUrlAccess(options: EnforcedAccessOptions): FunctionUrlAccess {
  const verifier = createSignatureVerifier({ ...options, service: 'lambda' })
  return {
    async admit(received, body) {
      if (!headerValue(received, 'authorization')?.startsWith(ALGORITHM)) throw functionUrlForbidden()
      return accessKeyIdentity(await verifier.verify(received, body), options.accountId)
    },
  }
}
