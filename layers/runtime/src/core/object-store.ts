import './index.ts'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { S3Location } from './s3-uri.ts'

export interface StoredObject {
  readonly body: Uint8Array
  readonly etag: string
  readonly versionId?: string
  readonly contentType?: string
  readonly metadata: Readonly<Record<string, string>>
}

export type ObjectHead = Omit<StoredObject, 'body'> & { readonly size: number; readonly lastModified: number }

export interface PutOptions {
  readonly contentType?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly kmsKeyId?: string
  /** Account id of the bucket's owner; S3 refuses the write if it is another. */
  readonly bucketOwner?: string
}

/** Result of a write: `undefined` if its condition was false. */
export type Written = { readonly etag: string; readonly versionId?: string } | undefined

export interface ListPage {
  readonly keys: readonly string[]
  /** True if more keys follow. */
  readonly isTruncated: boolean
  /** Token for the next page. A page may be empty and not the last one. */
  readonly continuation?: string
}

/**
 * S3 client with conditional writes. Every method rejects with the SDK's error if S3 fails. In buckets other than the stack's,
 * the functions may read and write but not list. S3 then answers 403 for a missing object, so a 403 counts as one.
 */
export interface ObjectStore {
  readonly bucket: string
  readonly client: S3Client
  /**
   * Client for presigned URLs. It adds no checksum: it would sign the checksum of an empty body, and S3 would refuse any
   * other body.
   */
  readonly signer: S3Client
  get(location: S3Location, versionId?: string): Promise<StoredObject | undefined>
  head(location: S3Location, versionId?: string): Promise<ObjectHead | undefined>
  put(location: S3Location, body: Uint8Array | string, options?: PutOptions): Promise<Exclude<Written, undefined>>
  /**
   * Writes an object if there is none. undefined may also mean that this write succeeded, but its answer was lost and the SDK
   * retried. Callers must read the object and compare.
   */
  putNew(location: S3Location, body: Uint8Array | string, options?: PutOptions): Promise<Written>
  /** Replaces an object if it has this etag. undefined means the same as for `putNew`. */
  replace(location: S3Location, etag: string, body: Uint8Array | string, options?: PutOptions): Promise<Written>
  delete(location: S3Location): Promise<void>
  /** Lists a page of at most 1,000 keys, in ascending order. */
  list(
    prefix: string,
    options?: { startAfter?: string; continuation?: string; maxKeys?: number; bucket?: string },
  ): Promise<ListPage>
}

/** Tries of a conditional write that S3 answers with 409, which means that another write is in progress. */
const MAX_CONFLICT_TRIES = 20

export function createObjectStore(bucket: string, clientConfiguration: S3ClientConfig = {}): ObjectStore {
  const configuration: S3ClientConfig = {
    // S3 usually answers in tens of milliseconds, so a short timeout and a retry are better than a long wait.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 2000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
    }),
    maxAttempts: 5,
    // A server other than AWS's has rarely a name in DNS for each of its buckets.
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3),
    ...clientConfiguration,
  }
  const client = new S3Client(configuration)
  let signer: S3Client | undefined

  const isHidden = (other: string, error: unknown) => other !== bucket && statusOf(error) === 403

  async function write(
    { bucket, key }: S3Location,
    body: Uint8Array | string,
    { contentType = 'application/json', metadata, kmsKeyId, bucketOwner }: PutOptions,
    condition: { IfNoneMatch?: string; IfMatch?: string },
  ): Promise<Written> {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      // As bytes: the SDK takes an empty string for a stream of unknown length.
      Body: Buffer.from(body),
      ContentType: contentType,
      ...(metadata && { Metadata: { ...metadata } }),
      ...(kmsKeyId !== undefined && { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyId }),
      ...(bucketOwner !== undefined && { ExpectedBucketOwner: bucketOwner }),
      ...condition,
    })
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { ETag = '', VersionId } = await client.send(command)
        return { etag: ETag, ...(VersionId !== undefined && { versionId: VersionId }) }
      } catch (error) {
        const status = statusOf(error)
        // S3 answers 404 to If-Match on a deleted object.
        if (status === 412 || (status === 404 && condition.IfMatch !== undefined && isMissing(error))) return undefined
        if (status !== 409 || attempt === MAX_CONFLICT_TRIES) throw error
      }
    }
  }

  return {
    bucket,
    client,
    get signer() {
      signer ??= new S3Client({ ...configuration, requestChecksumCalculation: 'WHEN_REQUIRED' })
      return signer
    },
    async get({ bucket, key }, versionId) {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }))
        const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array()
        return { body, ...describeObject(answer) }
      } catch (error) {
        if (isMissing(error) || isHidden(bucket, error)) return undefined
        throw error
      }
    },
    async head({ bucket, key }, versionId) {
      try {
        const answer = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }))
        return {
          ...describeObject(answer),
          size: answer.ContentLength ?? 0,
          lastModified: answer.LastModified?.getTime() ?? 0,
        }
      } catch (error) {
        if (isMissing(error) || isHidden(bucket, error)) return undefined
        throw error
      }
    },
    async put(location, body, options = {}) {
      const written = await write(location, body, options, {})
      if (!written) throw new Error('an unconditional write failed a condition')
      return written
    },
    putNew: (location, body, options = {}) => write(location, body, options, { IfNoneMatch: '*' }),
    replace: (location, etag, body, options = {}) => write(location, body, options, { IfMatch: etag }),
    async delete({ bucket, key }) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },
    async list(prefix, { startAfter, continuation, maxKeys, bucket: other = bucket } = {}) {
      const {
        Contents = [],
        IsTruncated,
        NextContinuationToken,
      } = await client.send(
        new ListObjectsV2Command({
          Bucket: other,
          Prefix: prefix,
          StartAfter: startAfter,
          ContinuationToken: continuation,
          MaxKeys: maxKeys,
        }),
      )
      return {
        keys: Contents.map(({ Key = '' }) => Key),
        isTruncated: IsTruncated ?? false,
        ...(NextContinuationToken !== undefined && { continuation: NextContinuationToken }),
      }
    },
  }
}

type Described = Pick<GetObjectCommandOutput, 'ETag' | 'VersionId' | 'ContentType' | 'Metadata'>

function describeObject({ ETag = '', VersionId, ContentType, Metadata = {} }: Described): Omit<StoredObject, 'body'> {
  return {
    etag: ETag,
    metadata: Metadata,
    ...(VersionId !== undefined && { versionId: VersionId }),
    ...(ContentType !== undefined && { contentType: ContentType }),
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}

/** Returns S3's name of a permanent refusal; undefined for any other error. */
export function refusalOf(error: unknown): string | undefined {
  const status = statusOf(error) ?? 500
  const isRefused = status < 500 && ![408, 409, 412, 429].includes(status)
  return isRefused ? (error as S3ServiceException).name : undefined
}

/** Tests whether an object is missing. A missing bucket is another error. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false
  return error.name === 'NoSuchKey' || error.name === 'NotFound' || error.name === 'NoSuchVersion'
}
