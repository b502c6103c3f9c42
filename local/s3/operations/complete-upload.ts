import { createHash } from 'node:crypto'
import { checksumElement, composeChecksum, createChecksum, renderDigest } from '../body/checksums.ts'
import { IncomingBody, readText } from '../body/incoming-body.ts'
import { childrenOf, type ParsedElement, parseXml, textOf } from '../http/parse-xml.ts'
import { renderDocument } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import type { Checksum, MultipartUpload, ObjectVersion, UploadPart } from '../model.ts'
import type { BlobDirectory } from '../storage/blob-directory.ts'
import type { OpenUpload } from '../storage/bucket.ts'
import type { VersionDraft } from '../storage/object-store.ts'
import { findUpload } from './multipart-upload.ts'
import type { Answer, ObjectContext, Operation } from './operation.ts'
import { versionHeader, writeObject } from './write-object.ts'

/** Minimum of every part but the last. Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const MIN_PART_BYTES = 5 * 1024 * 1024

const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Joins the files of the parts without copying. Completing again gives the same answer. */
export const completeMultipartUpload: Operation<ObjectContext> = async (context) => {
  const document = await readText(documentBody(context), MAX_BODY_BYTES)
  const before = findCompleted(context)
  if (before) return renderAnswer(context, before)
  try {
    return renderAnswer(context, await complete(context, parseXml(document, 'CompleteMultipartUpload')))
  } catch (error) {
    const meanwhile = findCompleted(context)
    if (meanwhile) return renderAnswer(context, meanwhile)
    throw error
  }
}

function findCompleted({ bucket, key, request }: ObjectContext): ObjectVersion | undefined {
  const current = bucket.current(key)
  return current?.uploadId !== undefined && current.uploadId === request.query.get('uploadId') ? current : undefined
}

function complete(context: ObjectContext, document: ParsedElement): Promise<ObjectVersion> {
  const { upload, parts: uploaded } = findUpload(context)
  const parts = findParts(document, uploaded)
  return writeObject(context, {
    reason: 'CompleteMultipartUpload',
    async prepare() {
      const checksum = await computeChecksum(upload, parts, context.store.blobs)
      checkAnnounced(context, upload, parts, checksum)
      return draftFromParts(upload, parts, checksum)
    },
    // Meanwhile the upload may have been aborted or completed, or a part replaced.
    confirm() {
      const { parts: now } = findUpload(context)
      if (parts.some((part) => now.get(part.partNumber) !== part)) throw new S3Error('InvalidPart')
    },
  })
}

/** Hides checksum headers: they are of the object, not of the document. */
function documentBody({ request }: ObjectContext): IncomingBody {
  const ownHeader = (name: string) => (name.startsWith('x-amz-checksum-') ? undefined : request.ownHeader(name))
  return new IncomingBody({ ...request, ownHeader })
}

function draftFromParts(
  upload: MultipartUpload,
  parts: readonly UploadPart[],
  checksum: Checksum | undefined,
): VersionDraft {
  const { uploadId, key, system, metadata } = upload
  const md5 = createHash('md5')
  for (const { etag } of parts) md5.update(etag, 'hex')
  return {
    uploadId,
    key,
    system,
    metadata,
    etag: `${md5.digest('hex')}-${parts.length}`,
    size: parts.reduce((sum, { size }) => sum + size, 0),
    blobs: parts.flatMap(({ blobs }) => blobs),
    ...(checksum && { checksum }),
  }
}

/** Finds the uploaded parts of the document. InvalidPart, InvalidPartOrder or EntityTooSmall. */
function findParts(root: ParsedElement, parts: OpenUpload['parts']): readonly UploadPart[] {
  const named = childrenOf(root, 'Part')
  if (named.length === 0) throw new S3Error('MalformedXML')
  let previous = 0
  const chosen = named.map((element) => {
    const partNumber = Number(textOf(element, 'PartNumber'))
    const etag = textOf(element, 'ETag')?.replaceAll('"', '')
    if (!Number.isInteger(partNumber) || etag === undefined) throw new S3Error('MalformedXML')
    if (partNumber <= previous) throw new S3Error('InvalidPartOrder')
    previous = partNumber
    const part = parts.get(partNumber)
    const expected = part?.checksum && textOf(element, checksumElement(part.checksum.algorithm))
    const isSame = expected === undefined || expected === part?.checksum?.value
    if (!part || part.etag !== etag || !isSame) {
      throw new S3Error('InvalidPart', { elements: { PartNumber: partNumber, ETag: etag } })
    }
    return part
  })
  const small = chosen.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES)
  if (!small) return chosen
  const { partNumber, etag, size } = small
  throw new S3Error('EntityTooSmall', {
    elements: { ProposedSize: size, MinSizeAllowed: MIN_PART_BYTES, PartNumber: partNumber, ETag: etag },
  })
}

/** Computes from the checksums of the parts or, for a full-object checksum, by reading the whole object. */
async function computeChecksum(
  upload: MultipartUpload,
  parts: readonly UploadPart[],
  directory: BlobDirectory,
): Promise<Checksum | undefined> {
  if (!upload.checksum) return undefined
  const { algorithm, type } = upload.checksum
  if (type === 'COMPOSITE')
    return composeChecksum(
      algorithm,
      parts.map((part) => part.checksum?.value ?? ''),
    )
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const reader = directory.read(
    parts.flatMap((part) => part.blobs),
    { first: 0, last: size - 1 },
  )
  const checksum = createChecksum(algorithm)
  try {
    for await (const piece of reader) checksum.update(piece)
  } finally {
    reader.close()
  }
  return { algorithm, value: await renderDigest(checksum), type }
}

/** InvalidRequest or BadDigest when the client expects another size or checksum of the whole object. */
function checkAnnounced(
  { request }: ObjectContext,
  upload: MultipartUpload,
  parts: readonly UploadPart[],
  checksum: Checksum | undefined,
): void {
  const size = request.header('x-amz-mp-object-size')
  if (size !== undefined && Number(size) !== parts.reduce((sum, part) => sum + part.size, 0)) {
    throw new S3Error('InvalidRequest', { message: 'The provided x-amz-mp-object-size does not match the object.' })
  }
  const expected = upload.checksum && request.ownHeader(`x-amz-checksum-${upload.checksum.algorithm}`)
  if (expected !== undefined && expected !== checksum?.value) {
    throw new S3Error('BadDigest', { message: 'The checksum you specified did not match the calculated checksum.' })
  }
}

function renderAnswer(context: ObjectContext, version: ObjectVersion): Answer {
  const { bucket, key } = context
  const { etag, checksum } = version
  return {
    statusCode: 200,
    headers: versionHeader(context, version),
    body: renderDocument('CompleteMultipartUploadResult', [
      ['Location', `http://${context.request.header('host') ?? ''}/${bucket.name}/${encodeURIComponent(key)}`],
      ['Bucket', bucket.name],
      ['Key', key],
      ['ETag', `"${etag}"`],
      checksum && [checksumElement(checksum.algorithm), checksum.value],
      checksum && ['ChecksumType', checksum.type],
    ]),
  }
}
