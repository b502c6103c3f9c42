import { type BatchFormat, type BatchOrder, DEFAULT_TIMEOUT_HOURS } from '@bedrock-functions/runtime/batches'
import { ownerOf } from '@bedrock-functions/runtime/core'

/** Orders of other contracts alike: each record names its model, and the answers go to the caller's folder of the stack. */
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
