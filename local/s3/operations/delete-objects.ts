import { CHECKSUM_ALGORITHMS, checksumHeader } from '../body/checksums.ts'
import { IncomingBody, readText } from '../body/incoming-body.ts'
import { childrenOf, type ParsedElement, parseXml, textOf } from '../http/parse-xml.ts'
import { renderDocument, type XmlElement } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import type { S3Request } from '../http/s3-request.ts'
import { type Deletion, deleteKey } from './delete-object.ts'
import type { BucketContext, Operation } from './operation.ts'

const MAX_OBJECTS = 1000
const MAX_BODY_BYTES = 2 * 1024 * 1024

export const deleteObjects: Operation<BucketContext> = async (context) => {
  const { request } = context
  requireChecksum(request)
  const root = parseXml(await readText(new IncomingBody(request), MAX_BODY_BYTES), 'Delete')
  const objects = childrenOf(root, 'Object')
  if (objects.length === 0 || objects.length > MAX_OBJECTS) throw new S3Error('MalformedXML')
  const isQuiet = textOf(root, 'Quiet') === 'true'
  const deletions = objects.map(parseDeletion)
  const results = deletions.map((deletion) => deleteOne(context, deletion, isQuiet))
  return { statusCode: 200, body: renderDocument('DeleteResult', results) }
}

function parseDeletion(element: ParsedElement): Deletion {
  const key = textOf(element, 'Key')
  if (!key) throw new S3Error('MalformedXML')
  return { key, versionId: textOf(element, 'VersionId') || undefined, ifMatch: textOf(element, 'ETag') || undefined }
}

/** Each object succeeds or fails by itself. */
function deleteOne(context: BucketContext, deletion: Deletion, isQuiet: boolean): XmlElement | undefined {
  const { key, versionId } = deletion
  const named: readonly (XmlElement | undefined)[] = [
    ['Key', key],
    versionId === undefined ? undefined : ['VersionId', versionId],
  ]
  try {
    const outcome = deleteKey(context, deletion)
    if (isQuiet) return undefined
    const markerId: XmlElement = ['DeleteMarkerVersionId', outcome.versionId ?? '']
    return ['Deleted', [...named, ...(outcome.isDeleteMarker ? [['DeleteMarker', true] as const, markerId] : [])]]
  } catch (error) {
    if (!(error instanceof S3Error)) throw error
    return ['Error', [...named, ['Code', error.code], ['Message', error.message]]]
  }
}

function requireChecksum(request: S3Request): void {
  const hasChecksum =
    request.header('content-md5') !== undefined ||
    request.header('x-amz-trailer') !== undefined ||
    CHECKSUM_ALGORITHMS.some((algorithm) => request.ownHeader(checksumHeader(algorithm)) !== undefined)
  if (hasChecksum) return
  throw new S3Error('InvalidRequest', {
    message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
  })
}
