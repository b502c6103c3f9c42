import { randomBytes } from 'node:crypto'
import { parseAlgorithm } from '../body/checksums.ts'
import { IncomingBody } from '../body/incoming-body.ts'
import { renderDocument } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import type { S3Request } from '../http/s3-request.ts'
import type { Checksum, MultipartUpload, UploadPart } from '../model.ts'
import type { OpenUpload } from '../storage/bucket.ts'
import { readObjectHeaders, renderChecksum } from './object-headers.ts'
import { type ObjectContext, type Operation, readNumber } from './operation.ts'

/** Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const MAX_PARTS = 10_000

export const createMultipartUpload: Operation<ObjectContext> = ({ store, bucket, key, request }) => {
  const checksum = readUploadChecksum(request.header)
  const uploadId = randomBytes(48).toString('base64url')
  const upload = { uploadId, key, initiated: Date.now(), ...readObjectHeaders(request), ...(checksum && { checksum }) }
  store.addUpload(bucket, upload)
  return {
    statusCode: 200,
    headers: checksum
      ? { 'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(), 'x-amz-checksum-type': checksum.type }
      : {},
    body: renderDocument('InitiateMultipartUploadResult', [
      ['Bucket', bucket.name],
      ['Key', key],
      ['UploadId', uploadId],
    ]),
  }
}

export const uploadPart: Operation<ObjectContext> = async (context) => {
  const { upload } = findUpload(context)
  const body = new IncomingBody(context.request, upload.checksum?.algorithm)
  const part = await storePart(context, readPartNumber(context.request), body)
  return { statusCode: 200, headers: { etag: `"${part.etag}"`, ...renderChecksum(part.checksum) } }
}

export const abortMultipartUpload: Operation<ObjectContext> = (context) => {
  const { upload } = findUpload(context)
  context.store.abortUpload(context.bucket, upload.uploadId)
  return { statusCode: 204 }
}

/** Reads a number from 1 to 10,000; InvalidArgument otherwise. */
function readPartNumber(request: S3Request): number {
  const partNumber = readNumber(request, 'partNumber', 0)
  if (partNumber >= 1 && partNumber <= MAX_PARTS) return partNumber
  throw new S3Error('InvalidArgument', {
    message: `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    elements: { ArgumentName: 'partNumber', ArgumentValue: partNumber },
  })
}

/** Stores `body` as a part of the upload in the query. NoSuchUpload when the upload ends meanwhile. */
async function storePart(context: ObjectContext, partNumber: number, body: IncomingBody): Promise<UploadPart> {
  const { store, bucket } = context
  const blob = await store.blobs.write(body)
  const blobs = blob ? [blob] : []
  const { etag, checksum } = body.digest
  const size = blob?.size ?? 0
  const part = { partNumber, etag, size, lastModified: Date.now(), blobs, ...(checksum && { checksum }) }
  try {
    store.putPart(bucket, findUpload(context).upload.uploadId, part)
    return part
  } catch (error) {
    store.blobs.remove(blobs)
    throw error
  }
}

/** Finds the open upload in the query; NoSuchUpload without one. */
export function findUpload({ bucket, key, request }: ObjectContext): OpenUpload {
  const uploadId = request.query.get('uploadId') ?? ''
  const open = bucket.upload(key, uploadId)
  if (open) return open
  throw new S3Error('NoSuchUpload', { elements: { UploadId: uploadId } })
}

function readUploadChecksum(header: (name: string) => string | undefined): MultipartUpload['checksum'] {
  const name = header('x-amz-checksum-algorithm')
  if (name === undefined) return undefined
  const algorithm = parseAlgorithm(name)
  const usual = algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE'
  const type = (header('x-amz-checksum-type') as Checksum['type'] | undefined) ?? usual
  const isPossible =
    type === 'FULL_OBJECT' ? algorithm.startsWith('crc') : type === 'COMPOSITE' && algorithm !== 'crc64nvme'
  if (isPossible) return { algorithm, type }
  throw new S3Error('InvalidRequest', {
    message: `The ${type} checksum type cannot be used with the ${algorithm} checksum algorithm.`,
  })
}
