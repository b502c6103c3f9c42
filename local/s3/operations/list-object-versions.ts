import { renderDocument, type XmlElement } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import type { ObjectVersion } from '../model.ts'
import type { Bucket } from '../storage/bucket.ts'
import { type Entry, listEntries } from './list-entries.ts'
import { encoderFor, MAX_KEYS, renderOwner, renderPrefixes } from './list-objects.ts'
import { type BucketContext, type Operation, readNumber, renderTime } from './operation.ts'

type VersionEntry = ObjectVersion | { readonly commonPrefix: string }

export const listObjectVersions: Operation<BucketContext> = ({ store, bucket, request }) => {
  const { query } = request
  const maximum = Math.min(readNumber(request, 'max-keys', MAX_KEYS), MAX_KEYS)
  const encode = encoderFor(query)
  const read = (name: string) => query.get(name) ?? ''
  const [prefix, delimiter, keyMarker] = [read('prefix'), read('delimiter'), read('key-marker')]
  const versionMarker = query.get('version-id-marker') || undefined
  if (versionMarker !== undefined && keyMarker === '') {
    throw new S3Error('InvalidArgument', { message: 'A version-id marker cannot be specified without a key marker.' })
  }

  const found: VersionEntry[] = []
  let isTruncated = false
  if (maximum > 0) {
    for (const entry of versionEntries(bucket, { prefix, delimiter, keyMarker, versionMarker })) {
      isTruncated = found.length === maximum
      if (isTruncated) break
      found.push(entry)
    }
  }
  const last = isTruncated ? found.at(-1) : undefined
  const prefixes: Entry[] = found.flatMap((entry) => ('commonPrefix' in entry ? [entry] : []))
  const body = renderDocument('ListVersionsResult', [
    ['Name', bucket.name],
    ['Prefix', encode(prefix)],
    ['KeyMarker', encode(keyMarker)],
    ['VersionIdMarker', versionMarker ?? ''],
    last && ['NextKeyMarker', encode('commonPrefix' in last ? last.commonPrefix : last.key)],
    last && 'versionId' in last ? ['NextVersionIdMarker', last.versionId] : undefined,
    ['MaxKeys', maximum],
    delimiter ? ['Delimiter', encode(delimiter)] : undefined,
    query.get('encoding-type') === 'url' ? ['EncodingType', 'url'] : undefined,
    ['IsTruncated', isTruncated],
    ...found.flatMap((entry) => {
      if ('commonPrefix' in entry) return []
      const isLatest = bucket.versionsOf(entry.key)[0] === entry
      return [renderVersion(entry, encode(entry.key), isLatest, store.owner.accountId)]
    }),
    ...renderPrefixes(prefixes, encode),
  ])
  return { statusCode: 200, body }
}

interface VersionWalk {
  readonly prefix: string
  readonly delimiter: string
  /** Last key or common prefix of the previous page. */
  readonly keyMarker: string
  readonly versionMarker: string | undefined
}

/** Yields every version and delete marker: keys in order, the newest version first. */
function* versionEntries(bucket: Bucket, walk: VersionWalk): Generator<VersionEntry> {
  const { keys } = bucket
  const { prefix, delimiter, keyMarker, versionMarker } = walk
  const isPrefixMarker = delimiter !== '' && keyMarker.endsWith(delimiter) && keyMarker.length > prefix.length
  const begin = versionMarker === undefined ? keys.indexAfter(keyMarker) : keys.indexFrom(keyMarker)
  const start = isPrefixMarker && versionMarker === undefined ? keys.indexAfterPrefix(keyMarker) : begin
  for (const entry of listEntries({ keys, prefix, delimiter, start, isHidden: () => false })) {
    if ('commonPrefix' in entry) {
      yield entry
      continue
    }
    const versions = bucket.versionsOf(entry.key)
    const isMarked = versionMarker !== undefined && entry.key === keyMarker
    // When the marked version is gone, the rest of its key is skipped.
    const marked = isMarked ? versions.findIndex(({ versionId }) => versionId === versionMarker) : -1
    yield* versions.slice(isMarked && marked === -1 ? versions.length : marked + 1)
  }
}

function renderVersion(version: ObjectVersion, key: string, isLatest: boolean, accountId: string): XmlElement {
  const { versionId, lastModified, isDeleteMarker, etag, size } = version
  const common: readonly XmlElement[] = [
    ['Key', key],
    ['VersionId', versionId],
    ['IsLatest', isLatest],
    ['LastModified', renderTime(lastModified)],
  ]
  const owner = renderOwner(accountId)
  if (isDeleteMarker) return ['DeleteMarker', [...common, owner]]
  return ['Version', [...common, ['ETag', `"${etag}"`], ['Size', size], owner, ['StorageClass', 'STANDARD']]]
}
