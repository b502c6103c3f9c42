import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk'
import { BedrockRuntimeClient, type BedrockRuntimeClientConfig } from '@aws-sdk/client-bedrock-runtime'
import { type BedrockEmulatorOptions, createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'
import { NodeHttpHandler } from '@smithy/node-http-handler'

export const CLAUDE = 'us.anthropic.claude-haiku-4-5-20251001-v1:0'
export const NOVA = 'amazon.nova-lite-v1:0'
/** A model with service tiers and, through this profile, the latency `optimized`. */
export const PROFILE = 'us.amazon.nova-pro-v1:0'

export interface RunningEmulator {
  readonly url: string
  close(): Promise<void>
}

export async function startEmulator(options?: BedrockEmulatorOptions): Promise<RunningEmulator> {
  const server = createBedrockEmulator(options)
  const port = await server.listen(0)
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() }
}

/** Emulator for the tests of a file, with the SDK's default client. Call it once, at the top of the file. */
export function useEmulator(): { readonly url: string; readonly client: BedrockRuntimeClient } {
  let emulator: RunningEmulator
  let client: BedrockRuntimeClient
  beforeAll(async () => {
    emulator = await startEmulator()
    client = createClient(emulator.url)
  })
  afterAll(async () => {
    client.destroy()
    await emulator.close()
  })
  return {
    get url() {
      return emulator.url
    },
    get client() {
      return client
    },
  }
}

const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Creates the SDK's default client: HTTP/2 with prior knowledge to a plain endpoint. */
export function createClient(url: string, config: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    maxAttempts: 1,
    ...config,
  })
}

export function createHttp1Client(url: string): BedrockRuntimeClient {
  return createClient(url, { requestHandler: new NodeHttpHandler() })
}

export function createAnthropicClient(url: string): AnthropicBedrock {
  return new AnthropicBedrock({
    baseURL: url,
    awsRegion: 'us-east-1',
    awsAccessKey: 'local',
    awsSecretKey: 'local',
    maxRetries: 0,
  })
}

export interface JsonReply {
  readonly status: number
  readonly headers: Headers
  // Tests read bodies of any shape. A wrong shape fails the assertion.
  readonly body: ReturnType<typeof JSON.parse>
}

/** Reads the type of an error without the namespace behind it, as SDKs do. */
export function readErrorType(headers: Headers): string | undefined {
  return headers.get('x-amzn-errortype')?.split(':')[0]
}

/** Calls without an SDK, to see the wire format. The type of an error is without its namespace. */
export async function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<JsonReply> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
  })
  const answered = new Headers(response.headers)
  const errorType = readErrorType(answered)
  if (errorType !== undefined) answered.set('x-amzn-errortype', errorType)
  return { status: response.status, headers: answered, body: await response.json() }
}

export function userMessage(text: string): { role: 'user'; content: { text: string }[] } {
  return { role: 'user', content: [{ text }] }
}

/** Signature and header of a PNG with 640x480 pixels. */
export const PNG = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.from('0000000d49484452', 'hex'),
  Buffer.from('00000280000001e00802000000', 'hex'),
])

export const PDF = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Pages/Count 2>>endobj 2 0 obj<</Type/Page>>endobj 3 0 obj<</Type /Page>>endobj\n%%EOF',
)
