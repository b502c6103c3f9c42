import { S3Error } from '../http/s3-error.ts'
import type { S3Request } from '../http/s3-request.ts'
import type { ObjectVersion } from '../model.ts'
import type { ByteRange } from '../storage/blob-directory.ts'
import { checkRead, preconditionFailed } from './conditions.ts'
import { findVersion } from './find-version.ts'
import { renderChecksum, renderObjectHeaders } from './object-headers.ts'
import { type Answer, type ObjectContext, type Operation, renderHttpTime } from './operation.ts'
import { versionHeader } from './write-object.ts'

/** Response headers that the query may replace. */
const OVERRIDES = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
]

export const getObject: Operation<ObjectContext> = (context) => {
  const { store } = context
  const version = findVersion(context)
  const { range, ...answer } = describeObject(context, version)
  // The reader holds the blobs from here on, also when the version is deleted.
  return range ? { ...answer, body: store.blobs.read(version.blobs, range) } : answer
}

export const headObject: Operation<ObjectContext> = (context) => {
  const { range: _range, ...answer } = describeObject(context, findVersion(context))
  return answer
}

/** Returns status, headers and the range of bytes to send; no range where there are none. */
function describeObject(context: ObjectContext, version: ObjectVersion): Answer & { range?: ByteRange } {
  const { request } = context
  const { etag, size, lastModified, checksum } = version
  const identity = {
    etag: `"${etag}"`,
    'last-modified': renderHttpTime(lastModified),
    ...versionHeader(context, version),
  }
  const outcome = checkRead(version, request.header)
  if (outcome === 'not-modified') return { statusCode: 304, headers: identity }
  if (outcome !== 'fulfilled') throw preconditionFailed(outcome.failed)

  const range = parseRange(request.header('range'), size)
  const isWhole = range === undefined
  const { first, last } = range ?? { first: 0, last: size - 1 }
  return {
    statusCode: isWhole ? 200 : 206,
    headers: {
      ...identity,
      ...renderObjectHeaders(version),
      ...readOverrides(request),
      'accept-ranges': 'bytes',
      'content-length': String(last - first + 1),
      ...(!isWhole && { 'content-range': `bytes ${first}-${last}/${size}` }),
      // A client would compare the checksum of the whole object with the part.
      ...(isWhole && request.header('x-amz-checksum-mode') === 'ENABLED' && renderChecksum(checksum)),
    },
    ...(size > 0 && { range: { first, last } }),
  }
}

/**
 * Parses a Range header. Undefined, as in HTTP, for the whole object, several ranges or a malformed range. InvalidRange
 * when the range begins behind the end.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  const isSuffix = from === ''
  const first = isSuffix ? Math.max(size - Number(to), 0) : Number(from)
  const last = isSuffix || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (!isSuffix && to !== '' && Number(to) < Number(from)) return undefined
  if (first <= last) return { first, last }
  throw new S3Error('InvalidRange', {
    elements: { RangeRequested: header ?? '', ActualObjectSize: size },
    headers: { 'content-range': `bytes */${size}` },
  })
}

function readOverrides({ query }: S3Request): Record<string, string> {
  const pairs = OVERRIDES.map((name) => [name, query.get(`response-${name}`)] as const)
  return Object.fromEntries(pairs.filter((pair): pair is readonly [string, string] => pair[1] !== null))
}
