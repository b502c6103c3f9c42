import { S3Error } from './s3-error.ts'
import type { S3Request } from './s3-request.ts'

/** Operations that are served, by their names in S3's API. */
export type OperationName =
  | 'ListBuckets'
  | 'CreateBucket'
  | 'HeadBucket'
  | 'ListObjectsV2'
  | 'ListObjectVersions'
  | 'DeleteObjects'
  | 'PutObject'
  | 'CopyObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'

/** `<method> <service|bucket|object>[ <subresource>][ copy]` */
const ROUTES: ReadonlyMap<string, OperationName> = new Map([
  ['GET service', 'ListBuckets'],
  ['PUT bucket', 'CreateBucket'],
  ['HEAD bucket', 'HeadBucket'],
  ['GET bucket list-type', 'ListObjectsV2'],
  ['GET bucket versions', 'ListObjectVersions'],
  ['POST bucket delete', 'DeleteObjects'],
  ['PUT object', 'PutObject'],
  ['PUT object copy', 'CopyObject'],
  ['GET object', 'GetObject'],
  ['HEAD object', 'HeadObject'],
  ['DELETE object', 'DeleteObject'],
  ['POST object uploads', 'CreateMultipartUpload'],
  ['PUT object uploadId', 'UploadPart'],
  ['POST object uploadId', 'CompleteMultipartUpload'],
  ['DELETE object uploadId', 'AbortMultipartUpload'],
])

/** Query parameters that select another operation. Source: the service model of S3. */
const SUBRESOURCES = `abac accelerate acl analytics annotation annotations attributes cors delete encryption
  intelligent-tiering inventory legal-hold lifecycle list-type location logging metadataAnnotationTable
  metadataConfiguration metadataInventoryTable metadataJournalTable metadataTable metrics notification object-lock
  ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment restore retention
  select session tagging torrent uploadId uploads versioning versions website`.split(/\s+/)

/** Headers that request missing features. Ignoring them would give a wrong answer. */
const REFUSED_HEADERS =
  /^x-amz-(tagging$|object-lock-|website-redirect-location$|grant-|write-offset-bytes$|(copy-source-)?server-side-encryption-customer-)/

/** Values that change nothing here, by header. Other values are refused. */
const INERT_VALUES: Readonly<Record<string, readonly string[]>> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-storage-class': ['STANDARD'],
}

/** Returns the operation of a request. NotImplemented for anything that is not served. */
export function routeOperation(request: S3Request): OperationName {
  const { method, bucket, key, query } = request
  const level = bucket === undefined ? 'service' : key === undefined ? 'bucket' : 'object'
  const subresources = SUBRESOURCES.filter((name) => query.has(name))
  const copy = method === 'PUT' && request.header('x-amz-copy-source') !== undefined ? ['copy'] : []
  const operation = ROUTES.get([method, level, ...subresources, ...copy].join(' '))
  // Reads of one part of a multipart object are not served.
  const isPartRead = query.has('partNumber') && (operation === 'GetObject' || operation === 'HeadObject')
  if (!operation || isPartRead) throw new S3Error('NotImplemented')
  for (const name of request.headerNames) {
    const inert = INERT_VALUES[name]
    if (REFUSED_HEADERS.test(name) || (inert && !inert.includes(request.header(name) ?? ''))) {
      throw new S3Error('NotImplemented', { elements: { Header: name } })
    }
  }
  return operation
}
