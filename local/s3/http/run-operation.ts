import { createBucket, headBucket, listBuckets } from '../operations/buckets.ts'
import { completeMultipartUpload } from '../operations/complete-upload.ts'
import { copyObject } from '../operations/copy-object.ts'
import { deleteObject } from '../operations/delete-object.ts'
import { deleteObjects } from '../operations/delete-objects.ts'
import { getObject, headObject } from '../operations/get-object.ts'
import { listObjectVersions } from '../operations/list-object-versions.ts'
import { listObjects } from '../operations/list-objects.ts'
import { abortMultipartUpload, createMultipartUpload, uploadPart } from '../operations/multipart-upload.ts'
import type { Answer, BucketContext, ObjectContext, Operation, ServiceContext } from '../operations/operation.ts'
import { putObject } from '../operations/put-object.ts'
import type { OperationName } from './route-operation.ts'
import { S3Error } from './s3-error.ts'

const SERVICE_OPERATIONS: Partial<Record<OperationName, Operation<ServiceContext>>> = {
  ListBuckets: listBuckets,
  CreateBucket: createBucket,
}

const BUCKET_OPERATIONS: Partial<Record<OperationName, Operation<BucketContext>>> = {
  HeadBucket: headBucket,
  ListObjectsV2: listObjects,
  ListObjectVersions: listObjectVersions,
  DeleteObjects: deleteObjects,
}

const OBJECT_OPERATIONS: Partial<Record<OperationName, Operation<ObjectContext>>> = {
  PutObject: putObject,
  CopyObject: copyObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  CreateMultipartUpload: createMultipartUpload,
  UploadPart: uploadPart,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
}

/** Runs an operation on its bucket and key. NoSuchBucket, or AccessDenied for another expected owner. */
export async function runOperation(name: OperationName, context: ServiceContext): Promise<Answer> {
  const { store, request } = context
  const onService = SERVICE_OPERATIONS[name]
  if (onService) return onService(context)

  const bucket = store.bucket(request.bucket ?? '')
  if (!bucket) throw new S3Error('NoSuchBucket', { elements: { BucketName: request.bucket ?? '' } })
  const expectedOwner = request.header('x-amz-expected-bucket-owner')
  if (expectedOwner !== undefined && expectedOwner !== store.owner.accountId) throw new S3Error('AccessDenied')
  const onBucket = BUCKET_OPERATIONS[name]
  if (onBucket) return onBucket({ ...context, bucket })

  const onObject = OBJECT_OPERATIONS[name]
  if (!onObject || request.key === undefined) throw new S3Error('NotImplemented')
  return onObject({ ...context, bucket, key: request.key })
}
