import { renderDocument, type XmlElement } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import type { ObjectVersion } from '../model.ts'
import { type Entry, encodeKey, indexAfterEntry, listEntries } from './list-entries.ts'
import { type BucketContext, type Operation, readNumber, renderTime } from './operation.ts'

export const MAX_KEYS = 1000

export const listObjects: Operation<BucketContext> = (context) => {
  const { store, bucket, request } = context
  const { query } = request
  const maximum = Math.min(readNumber(request, 'max-keys', MAX_KEYS), MAX_KEYS)
  const encode = encoderFor(query)
  const [prefix, delimiter, startAfter] = ['prefix', 'delimiter', 'start-after'].map((name) => query.get(name) ?? '')
  const token = query.get('continuation-token')
  const begin = token === null ? { key: startAfter ?? '' } : decodeToken(token)

  const found: Entry[] = []
  let isTruncated = false
  const walk = {
    keys: bucket.keys,
    prefix: prefix ?? '',
    delimiter: delimiter ?? '',
    start: indexAfterEntry(bucket.keys, begin),
    isHidden: (key: string) => !bucket.current(key),
  }
  if (maximum > 0) {
    for (const entry of listEntries(walk)) {
      isTruncated = found.length === maximum
      if (isTruncated) break
      found.push(entry)
    }
  }
  const last = found.at(-1)
  const owner = query.get('fetch-owner') === 'true' ? renderOwner(store.owner.accountId) : undefined
  const body = renderDocument('ListBucketResult', [
    ['Name', bucket.name],
    ['Prefix', encode(prefix ?? '')],
    token === null ? undefined : ['ContinuationToken', token],
    isTruncated && last ? ['NextContinuationToken', encodeToken(last)] : undefined,
    startAfter ? ['StartAfter', encode(startAfter)] : undefined,
    ['KeyCount', found.length],
    ['MaxKeys', maximum],
    delimiter ? ['Delimiter', encode(delimiter)] : undefined,
    query.get('encoding-type') === 'url' ? ['EncodingType', 'url'] : undefined,
    ['IsTruncated', isTruncated],
    ...found.flatMap((entry) => ('key' in entry ? renderObject(bucket.current(entry.key), encode, owner) : [])),
    ...renderPrefixes(found, encode),
  ])
  return { statusCode: 200, body }
}

type Encode = (key: string) => string

/** Returns the encoder of the answer's keys. InvalidArgument for an unknown encoding. */
export function encoderFor(query: URLSearchParams): Encode {
  const type = query.get('encoding-type')
  if (type === 'url') return encodeKey
  if (type === null || type === '') return (key) => key
  throw new S3Error('InvalidArgument', {
    message: 'Invalid Encoding Method specified in Request',
    elements: { ArgumentName: 'encoding-type', ArgumentValue: type },
  })
}

export function renderPrefixes(entries: readonly Entry[], encode: Encode): XmlElement[] {
  return entries.flatMap((entry) =>
    'commonPrefix' in entry ? [['CommonPrefixes', [['Prefix', encode(entry.commonPrefix)]]] as const] : [],
  )
}

export function renderOwner(accountId: string): XmlElement {
  return [
    'Owner',
    [
      ['ID', accountId],
      ['DisplayName', accountId],
    ],
  ]
}

function renderObject(version: ObjectVersion | undefined, encode: Encode, owner: XmlElement | undefined): XmlElement[] {
  if (!version) return []
  const { key, lastModified, etag, size, checksum } = version
  const described: readonly (XmlElement | undefined)[] = [
    ['Key', encode(key)],
    ['LastModified', renderTime(lastModified)],
    ['ETag', `"${etag}"`],
    checksum && ['ChecksumAlgorithm', checksum.algorithm.toUpperCase()],
    checksum && ['ChecksumType', checksum.type],
    ['Size', size],
    owner,
    ['StorageClass', 'STANDARD'],
  ]
  return [['Contents', described]]
}

function encodeToken(entry: Entry): string {
  return Buffer.from(JSON.stringify(entry)).toString('base64url')
}

function decodeToken(token: string): Entry {
  try {
    const entry = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (typeof (entry.key ?? entry.commonPrefix) === 'string') return entry
  } catch {
    // Not a token of this server.
  }
  throw new S3Error('InvalidArgument', {
    message: 'The continuation token provided is incorrect',
    elements: { ArgumentName: 'continuation-token' },
  })
}
