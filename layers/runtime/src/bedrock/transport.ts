import {
  type BedrockRuntimeClientResolvedConfig,
  BedrockRuntimeServiceException,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { recursionDetectionMiddleware, userAgentMiddleware } from '@aws-sdk/core/client'
import { DefaultIdentityProviderConfig, httpAuthSchemeMiddleware, httpSigningMiddleware } from '@smithy/core'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { HttpRequest, type HttpResponse } from '@smithy/core/protocols'
import { resolveRetryConfig, retryMiddleware } from '@smithy/core/retry'
import type { RestError } from '../core/errors.ts'

/** HTTP request to Bedrock. */
export interface BedrockRequest {
  /** POST by default. */
  readonly method?: 'GET' | 'DELETE'
  /** Path below the endpoint, labels percent-encoded, e.g. `/model/amazon.nova-lite-v1%3A0/converse`. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface TransportOptions {
  /** Ends the tries and the waits between them. */
  readonly signal: AbortSignal
  readonly retry: boolean
  /** Called before each try. */
  readonly onTry: () => void
  /** Reads the response of a try. What it throws decides on the next try, as an error of the SDK. */
  readonly readResponse: (response: HttpResponse) => Promise<void>
}

/** Sends a request and resolves after a try whose response was read. Throws the error of the last try. */
export type Transport = (request: BedrockRequest, options: TransportOptions) => Promise<void>

/** Facts that are the same for every request of a client. */
interface Origin {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

type Config = BedrockRuntimeClientResolvedConfig
type Output = Pick<BedrockRuntimeServiceException, '$metadata'>
type Context = Parameters<ReturnType<typeof recursionDetectionMiddleware>>[1]

/**
 * Creates a transport from the resolved configuration of an SDK client. Its steps are the SDK's own: choice of the
 * authentication, endpoint, user agent, retries, signature with correction of the clock, and the request handler. They are
 * called one after the other, without the client's stack of middlewares, its commands and their schemas, which cost more than
 * all other work on a call.
 */
export function createTransport(config: Config): Transport {
  const selectScheme = httpAuthSchemeMiddleware(config, {
    httpAuthSchemeParametersProvider: async () => ({ operation: 'InvokeModel', region: await config.region() }),
    identityProviderConfigProvider: async ({ credentials, token }: Config) =>
      new DefaultIdentityProviderConfig({ 'aws.auth#sigv4': credentials, 'smithy.api#httpBearerAuth': token }),
  })
  const trace = recursionDetectionMiddleware()
  const sign = httpSigningMiddleware<object, Output>(config)
  const retries = {
    many: retryMiddleware(config),
    none: retryMiddleware(resolveRetryConfig({ maxAttempts: 1, retryMode: config.retryMode })),
  }
  reuseSigner(config)
  let origin: Origin | undefined

  return async (request, { signal, retry, onTry, readResponse }) => {
    const context: Context = { __smithy_context: { abortSignal: signal } }
    await selectScheme(passOn, context)({ input: {} })
    origin ??= await findOrigin(config, context)
    const wire = toHttpRequest(request, origin)
    await trace(passOn, context)({ input: {}, request: wire })
    const tryOnce = async ({ request: signed }: { request: unknown }) => {
      onTry()
      const { response } = await config.requestHandler.handle(signed as HttpRequest, { abortSignal: signal })
      await readResponse(response)
      return { response, output: { $metadata: {} } }
    }
    const send = retries[retry ? 'many' : 'none'](sign(tryOnce, context), context)
    await send({ input: {}, request: wire })
  }
}

/** Ends a chain of middlewares that is used for its effect on the context or the request. */
const passOn = async () => ({ response: undefined, output: { $metadata: {} } })

/** The SDK makes a signer for each request. It depends only on the client, and asks for the credentials each time. */
function reuseSigner(config: Config): void {
  const makeSigner = config.signer
  let signer: ReturnType<typeof makeSigner> | undefined
  config.signer = (scheme) => {
    signer ??= makeSigner(scheme)
    return signer
  }
}

async function findOrigin(config: Config, context: Context): Promise<Origin> {
  const smithyContext = context.__smithy_context as { features?: Record<string, string> }
  // Only for the user agent, as the SDK's own step.
  if (config.isCustomEndpoint) smithyContext.features = { ENDPOINT_OVERRIDE: 'N' }
  const { url } = await getEndpointFromInstructions({}, InvokeModelCommand, { ...config }, context)
  const { protocol, hostname, port, host, pathname } = url
  const sent = new HttpRequest({ protocol, hostname, headers: {} })
  await userAgentMiddleware(config)(passOn, context)({ input: {}, request: sent })
  return {
    protocol,
    hostname,
    ...(port !== '' && { port: Number(port) }),
    path: pathname.replace(/\/$/, ''),
    headers: { ...sent.headers, host },
  }
}

function toHttpRequest({ method, path, headers, body }: BedrockRequest, origin: Origin): HttpRequest {
  const hasBody = method === undefined
  return new HttpRequest({
    ...origin,
    method: method ?? 'POST',
    path: origin.path + path,
    headers: {
      ...(hasBody && { 'content-type': 'application/octet-stream', 'content-length': String(body.length) }),
      ...headers,
      ...origin.headers,
    },
    ...(hasBody && { body }),
  })
}

/** Creates the SDK's error for a response that is not a 2xx: its retries depend on name, message, status and headers. */
export function toServiceException({ name, message, statusCode }: RestError, response: HttpResponse): Error {
  const error = new BedrockRuntimeServiceException({
    name,
    message,
    $fault: statusCode < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: statusCode },
  })
  Object.defineProperty(error, '$response', { value: response })
  // The only error of the service model that is declared as one to retry.
  if (name === 'ModelNotReadyException') error.$retryable = {}
  return error
}
