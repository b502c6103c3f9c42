import { checksumElement, parseAlgorithm } from '../body/checksums.ts'
import { StoredBody } from '../body/stored-body.ts'
import { renderDocument, type XmlElement } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import type { Checksum, ObjectVersion } from '../model.ts'
import { findSource, versionHeaderOfSource } from './copy-source.ts'
import { readObjectHeaders } from './object-headers.ts'
import { type ObjectContext, type Operation, renderTime } from './operation.ts'
import { draftFromBody, versionHeader, writeObject } from './write-object.ts'

/** Copies by reading and writing, so that ETag and checksum are of one whole body. */
export const copyObject: Operation<ObjectContext> = async (context) => {
  const { store, bucket, key, request } = context
  const source = findSource(context)
  const replacesMetadata = isReplaced(request.header('x-amz-metadata-directive'))
  if (source.bucket === bucket && source.version.key === key && !source.isNamedVersion && !replacesMetadata) {
    throw new S3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    })
  }
  const headers = replacesMetadata ? readObjectHeaders(request) : source.version
  const named = request.header('x-amz-checksum-algorithm')
  const algorithm = named === undefined ? source.version.checksum?.algorithm : parseAlgorithm(named)
  const { system, metadata } = headers
  const range = { first: 0, last: source.version.size - 1 }
  const version = await writeObject(context, {
    reason: 'CopyObject',
    prepare() {
      const body = new StoredBody(store.blobs.read(source.version.blobs, range), algorithm)
      return draftFromBody(context, body, { system, metadata })
    },
  })
  return {
    statusCode: 200,
    headers: { ...versionHeader(context, version), ...versionHeaderOfSource(source) },
    body: renderDocument('CopyObjectResult', describeCopy(version)),
  }
}

/** True when the copy gets the headers of the request instead of the source's. */
function isReplaced(directive = 'COPY'): boolean {
  if (directive === 'COPY' || directive === 'REPLACE') return directive === 'REPLACE'
  throw new S3Error('InvalidArgument', {
    message: 'Unknown metadata directive.',
    elements: { ArgumentName: 'x-amz-metadata-directive', ArgumentValue: directive },
  })
}

function describeCopy({
  etag,
  lastModified,
  checksum,
}: Pick<ObjectVersion, 'etag' | 'lastModified'> & { checksum?: Checksum }): readonly (XmlElement | undefined)[] {
  return [
    ['ETag', `"${etag}"`],
    ['LastModified', renderTime(lastModified)],
    checksum && [checksumElement(checksum.algorithm), checksum.value],
    checksum && ['ChecksumType', checksum.type],
  ]
}
