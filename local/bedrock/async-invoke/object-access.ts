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
  describe(location: S3Location): Promise<ObjectFacts>
  /** Lists the objects below a prefix, in order of their keys. */
  list(prefix: S3Location): AsyncIterable<ObjectFacts>
  /** Reads `length` bytes from `start`. Rejects with ObjectRefusedError when the object is another one by now. */
  read(facts: ObjectFacts, start: number, length: number): Promise<Uint8Array>
  createUpload(location: S3Location, contentType: string): Promise<ObjectUpload>
  /** Closes the client. Operations in progress fail. */
  close(): void
}

/** One version of an object. */
export interface ObjectFacts {
  readonly location: S3Location
  /** Bytes. */
  readonly size: number
  readonly etag: string
}

/** Object that is written in parts. It exists once `complete` has resolved. */
export interface ObjectUpload {
  /** Adds a part, which has at least 5 MiB unless it is the last one. */
  add(part: Uint8Array): Promise<void>
  complete(): Promise<void>
  abort(): Promise<void>
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

  async function call<Result>(
    subject: string,
    send: (loaded: Loaded, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    loading ??= load()
    try {
      return await send(await loading, closing.signal)
    } catch (error) {
      throw toRefusal(error, subject) ?? error
    }
  }

  const describe = (location: S3Location): Promise<ObjectFacts> =>
    call(`The object ${formatS3Uri(location)}`, async ({ sdk, client }, abortSignal) => {
      const head = new sdk.HeadObjectCommand(addressOf(location))
      const { ContentLength: size = 0, ETag: etag = '' } = await client.send(head, { abortSignal })
      return { location, size, etag }
    })

  async function* list({ bucket, key }: S3Location): AsyncIterable<ObjectFacts> {
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const asked = { Bucket: bucket, Prefix: key, ...(token !== undefined && { ContinuationToken: token }) }
      const page = await call(`The bucket ${bucket}`, ({ sdk, client }, abortSignal) =>
        client.send(new sdk.ListObjectsV2Command(asked), { abortSignal }),
      )
      for (const { Key: name = '', Size: size = 0, ETag: etag = '' } of page.Contents ?? []) {
        yield { location: { bucket, key: name }, size, etag }
      }
      token = page.NextContinuationToken
    }
  }

  async function createUpload(location: S3Location, contentType: string): Promise<ObjectUpload> {
    const address = addressOf(location)
    const parts: { PartNumber: number; ETag: string | undefined }[] = []
    const change = <Result>(send: (loaded: Loaded, signal: AbortSignal) => Promise<Result>): Promise<Result> =>
      call(`The output location ${formatS3Uri(location)}`, send)
    const { UploadId } = await change(({ sdk, client }, abortSignal) =>
      client.send(new sdk.CreateMultipartUploadCommand({ ...address, ContentType: contentType }), { abortSignal }),
    )
    return {
      async add(part) {
        const PartNumber = parts.length + 1
        const { ETag } = await change(({ sdk, client }, abortSignal) =>
          client.send(new sdk.UploadPartCommand({ ...address, UploadId, PartNumber, Body: part }), { abortSignal }),
        )
        parts.push({ PartNumber, ETag })
      },
      async complete() {
        const whole = { ...address, UploadId, MultipartUpload: { Parts: parts } }
        await change(({ sdk, client }, abortSignal) =>
          client.send(new sdk.CompleteMultipartUploadCommand(whole), { abortSignal }),
        )
      },
      async abort() {
        await change(({ sdk, client }, abortSignal) =>
          client.send(new sdk.AbortMultipartUploadCommand({ ...address, UploadId }), { abortSignal }),
        )
      },
    }
  }

  return {
    describe,
    list,
    createUpload,
    requireBucket: (bucket) =>
      call(`The bucket ${bucket}`, async ({ sdk, client }, abortSignal) => {
        await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }), { abortSignal })
      }),
    async requireObject(location) {
      await describe(location)
    },
    read: ({ location, etag }, start, length) =>
      call(`The object ${formatS3Uri(location)}`, async ({ sdk, client }, abortSignal) => {
        const range = { Range: `bytes=${start}-${start + length - 1}`, IfMatch: etag }
        const { Body } = await client.send(new sdk.GetObjectCommand({ ...addressOf(location), ...range }), {
          abortSignal,
        })
        return (await Body?.transformToByteArray()) ?? new Uint8Array()
      }),
    put: (location, { contentType, body }) =>
      call(`The output location ${formatS3Uri(location)}`, async ({ sdk, client }, abortSignal) => {
        const object = { ...addressOf(location), ContentType: contentType, Body: body }
        await client.send(new sdk.PutObjectCommand(object), { abortSignal })
      }),
    close: () => closing.abort(),
  }
}

interface Loaded {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
}

function addressOf({ bucket, key }: S3Location): { Bucket: string; Key: string } {
  return { Bucket: bucket, Key: key }
}

/** Returns the permanent refusal; undefined for a temporary failure. */
function toRefusal(cause: unknown, subject: string): ObjectRefusedError | undefined {
  const status = (cause as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  if (status === 404) return new ObjectRefusedError(`${subject} does not exist.`, true, { cause })
  if (status === 412) return new ObjectRefusedError(`${subject} has changed since it was checked.`, false, { cause })
  if (status === 403) return new ObjectRefusedError(`Access to it was denied: ${subject}.`, false, { cause })
  return undefined
}
