import { type BatchFormat, type BatchOrder, DEFAULT_TIMEOUT_HOURS } from '@bedrock-functions/runtime/batches'
import { ownerOf } from '@bedrock-functions/runtime/core'

/**
 * Creates the order of a batch in another contract than Bedrock's. Each record names its model, and the answers go to the
 * caller's folder in the bucket of the stack.
 */
export function createDoorOrder(
  format: BatchFormat,
  caller: string,
  bucket: string,
  own: Pick<BatchOrder, 'input' | 'records' | 'headers' | 'askedInput' | 'metadata'>,
): BatchOrder {
  return {
    caller,
    jobName: format,
    format,
    askedModelId: '',
    modelId: '',
    type: 'InvokeModel',
    inputDataConfig: null,
    outputDataConfig: null,
    output: { s3Uri: `s3://${bucket}/output/${ownerOf(caller)}` },
    timeoutHours: DEFAULT_TIMEOUT_HOURS,
    requestHash: '',
    ...own,
  }
}
