import { randomUUID } from 'node:crypto'
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { uploadsPrefix } from '../core/identity.ts'
import type { ObjectStore } from '../core/object-store.ts'
import { parseS3Folder, type S3Location } from '../core/s3-uri.ts'
import type { Job } from './read-job.ts'

/** File of a job's output. */
export interface JobOutput {
  readonly s3Uri: string
  /** Presigned URL for GET, until `expiresAt`. It is a credential and must not be logged. */
  readonly url: string
  /** ISO 8601. */
  readonly expiresAt: string
}

const DOWNLOAD_SECONDS = 900
const UPLOAD_SECONDS = 3600

/** Returns a presigned URL for GET of an object, valid for 15 minutes. It is a credential and must not be logged. */
export function signDownload({ client }: ObjectStore, { bucket, key }: S3Location): Promise<string> {
  return getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: DOWNLOAD_SECONDS })
}

/** Lists the outputs of a completed job with presigned URLs, for callers without credentials for the bucket. */
export async function signOutputs(store: ObjectStore, { request, end }: Job): Promise<JobOutput[]> {
  const { bucket } = parseS3Folder(request.output.s3Uri)
  const expiresAt = new Date(Date.now() + 1000 * DOWNLOAD_SECONDS).toISOString()
  return Promise.all(
    (end?.outputs ?? []).map(async (key) => ({
      s3Uri: `s3://${bucket}/${key}`,
      url: await signDownload(store, { bucket, key }),
      expiresAt,
    })),
  )
}

/** Presigned upload of one object, e.g. media that is too large for a request. */
export interface UploadTicket {
  /** URI of the object, for a request: as a job's input, or as s3Location. */
  readonly s3Uri: string
  readonly method: 'PUT'
  readonly url: string
  /** Signed headers, which the upload must send. */
  readonly headers: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly expiresAt: string
}

export async function signUpload(
  { signer, bucket }: ObjectStore,
  owner: string,
  { contentType, contentLength }: { contentType: string; contentLength?: number },
): Promise<UploadTicket> {
  const key = `${uploadsPrefix(owner)}${randomUUID()}`
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    ContentType: contentType,
    ...(contentLength !== undefined && { ContentLength: contentLength }),
  })
  const url = await getSignedUrl(signer, command, {
    expiresIn: UPLOAD_SECONDS,
    signableHeaders: new Set(['content-type', ...(contentLength === undefined ? [] : ['content-length'])]),
  })
  return {
    s3Uri: `s3://${bucket}/${key}`,
    method: 'PUT',
    url,
    headers: {
      'content-type': contentType,
      ...(contentLength !== undefined && { 'content-length': String(contentLength) }),
    },
    expiresAt: new Date(Date.now() + 1000 * UPLOAD_SECONDS).toISOString(),
  }
}
