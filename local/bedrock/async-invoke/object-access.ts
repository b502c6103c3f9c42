import type { S3Client } from '@aws-sdk/client-s3'
import type { OutputFile } from './families/async-family.ts'
import { formatS3Uri, type S3Location } from './s3-location.ts'

/** A permanent refusal by S3. A failing or unreachable S3 throws the error of the SDK instead. */
export class ObjectRefusedError extends Error {
  readonly isMissing: boolean

  constructor(message: string, isMissing: boolean, options?: ErrorOptions) {
    super(message, options)
    this.isMissing = isMissing
  }
}

/** S3 operations of the emulator. Each rejects with ObjectRefusedError or with the error of the SDK. */
export interface ObjectAccess {
  requireBucket(bucket: string): Promise<void>
  requireObject(location: S3Location): Promise<void>
  put(location: S3Location, file: OutputFile): Promise<void>
  /** Closes the client. Operations in progress fail. */
  close(): void
}

export interface ObjectAccessOptions {
  readonly endpoint: string
  readonly region: string
  /** AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; `local` by default. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

const CONNECTION_TIMEOUT_MS = 2_000
const REQUEST_TIMEOUT_MS = 15_000

/** Connects to S3 at `endpoint`. The first call loads the SDK, because most runs of the emulator need none. */
export function createObjectAccess({ endpoint, region, environment }: ObjectAccessOptions): ObjectAccess {
  const closing = new AbortController()
  let loading: Promise<Loaded> | undefined

  async function load(): Promise<Loaded> {
    const sdk = await import('@aws-sdk/client-s3')
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment
    const client = new sdk.S3Client({
      endpoint,
      region,
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID || 'local',
        secretAccessKey: AWS_SECRET_ACCESS_KEY || 'local',
        ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
      },
      // Bucket names are host names only in AWS.
      forcePathStyle: true,
      maxAttempts: 2,
      requestHandler: {
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
      },
    })
    closing.signal.addEventListener('abort', () => client.destroy())
    return { sdk, client }
  }

  async function call(subject: string, send: (loaded: Loaded, signal: AbortSignal) => Promise<unknown>): Promise<void> {
    loading ??= load()
    try {
      await send(await loading, closing.signal)
    } catch (error) {
      throw toRefusal(error, subject) ?? error
    }
  }

  return {
    requireBucket: (bucket) =>
      call(`The bucket ${bucket}`, ({ sdk, client }, abortSignal) =>
        client.send(new sdk.HeadBucketCommand({ Bucket: bucket }), { abortSignal }),
      ),
    requireObject: (location) =>
      call(`The object ${formatS3Uri(location)}`, ({ sdk, client }, abortSignal) =>
        client.send(new sdk.HeadObjectCommand({ Bucket: location.bucket, Key: location.key }), { abortSignal }),
      ),
    put: (location, { contentType, body }) =>
      call(`The output location ${formatS3Uri(location)}`, ({ sdk, client }, abortSignal) => {
        const object = { Bucket: location.bucket, Key: location.key, ContentType: contentType, Body: body }
        return client.send(new sdk.PutObjectCommand(object), { abortSignal })
      }),
    close: () => closing.abort(),
  }
}

interface Loaded {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
}

/** Returns the permanent refusal; undefined for a temporary failure. */
function toRefusal(cause: unknown, subject: string): ObjectRefusedError | undefined {
  const status = (cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  if (status === 404) return new ObjectRefusedError(`${subject} does not exist.`, true, { cause })
  if (status === 403) return new ObjectRefusedError(`Access to it was denied: ${subject}.`, false, { cause })
  return undefined
}
