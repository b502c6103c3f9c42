import { renderDocument } from '../http/render-xml.ts'
import { S3Error } from '../http/s3-error.ts'
import { renderOwner } from './list-objects.ts'
import { type BucketContext, type Operation, renderTime, type ServiceContext } from './operation.ts'

/** Source: Amazon S3 User Guide, "General purpose bucket naming rules". */
const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z\d][a-z\d.-]{1,61}[a-z\d]$/

export const listBuckets: Operation<ServiceContext> = ({ store }) => {
  const { accountId, region } = store.owner
  const buckets = store.buckets.map(
    ({ name, created }) =>
      [
        'Bucket',
        [
          ['Name', name],
          ['CreationDate', renderTime(created)],
          ['BucketRegion', region],
        ],
      ] as const,
  )
  const body = renderDocument('ListAllMyBucketsResult', [renderOwner(accountId), ['Buckets', buckets]])
  return { statusCode: 200, body }
}

/** Ignores the location in the body, because there is one region. */
export const createBucket: Operation<ServiceContext> = ({ store, request }) => {
  const name = request.bucket ?? ''
  if (!BUCKET_NAME.test(name)) throw new S3Error('InvalidBucketName', { elements: { BucketName: name } })
  if (store.bucket(name)) throw new S3Error('BucketAlreadyOwnedByYou', { elements: { BucketName: name } })
  store.createBucket(name)
  return { statusCode: 200, headers: { location: `/${name}` } }
}

export const headBucket: Operation<BucketContext> = ({ store }) => ({
  statusCode: 200,
  headers: { 'x-amz-bucket-region': store.owner.region, 'x-amz-access-point-alias': 'false' },
})
