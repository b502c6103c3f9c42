import type { JobCall } from '../pipeline/pipeline.ts'
import type { BatchFormat, BatchRequest } from './batch.ts'
import { type ContractDependencies, type OpenRecord, type RecordContract, withoutLineFeeds } from './record-contract.ts'

/** Loads a contract: Bedrock's own, or that of a door with its first record. */
export async function loadContract(
  format: BatchFormat | undefined,
  dependencies: ContractDependencies,
): Promise<RecordContract> {
  if (!format) return createBedrockContract(dependencies)
  return (await import('./door-contract.ts')).createDoorContract(format, dependencies)
}

function createBedrockContract({ pipeline }: ContractDependencies): RecordContract {
  return {
    async answer(record, { request, ...options }) {
      const { body, contentType, usage, estimatedCost } = await pipeline.answerJob(toCall(record, request), options)
      // A model may answer with bytes, such as audio, which have no place in JSON.
      const isJson = contentType.includes('json')
      const text = isJson ? body : Buffer.from(JSON.stringify(Buffer.from(body).toString('base64')))
      return { body: text, usage, estimatedCost }
    },
    successLine: (record, body) => toLine(record, 'modelOutput', body),
    errorLine: (record, { statusCode, message }) =>
      toLine(record, 'error', Buffer.from(JSON.stringify({ errorCode: statusCode, errorMessage: message }))),
  }
}

function toCall({ modelInput }: OpenRecord, { type, modelId, caller }: BatchRequest): JobCall {
  return {
    kind: type === 'Converse' ? 'converse' : 'invoke',
    modelId,
    caller,
    headers: { 'content-type': 'application/json' },
    body: modelInput.bytes,
  }
}

/** Writes a line of the output as Bedrock does. The input and the answer keep their bytes, but for line feeds. */
function toLine({ recordId, modelInput }: OpenRecord, member: string, value: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`{"recordId":${JSON.stringify(recordId)},"modelInput":`),
    modelInput.bytes,
    Buffer.from(`,"${member}":`),
    withoutLineFeeds(value),
    Buffer.from('}\n'),
  ])
}
