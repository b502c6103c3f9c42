import { type Batch, findBatch } from '@bedrock-functions/runtime/batches'
import { callerOf, ownerOf, type RestReply } from '@bedrock-functions/runtime/core'
import { loadOtherDoors } from '@bedrock-functions/runtime/doors'
import type { Call, Route } from '@bedrock-functions/runtime/http'
import type { BatchesDependencies } from './routes.ts'

/** What the routes of a contract have in common. */
export interface DoorRoutes {
  ownerOf(call: Call): string
  /** Finds the batch of the path. @throws BedrockError ResourceNotFoundException */
  find(call: Call): Promise<Batch>
  /** Creates the routes of an operation in both spellings of its path, with errors in the contract's shape. */
  create(operation: string, method: string, path: string, handle: (call: Call) => Promise<RestReply>): Route[]
}

/** @param readId turns the id of a batch in the contract into that of the store */
export function createDoorRoutes(
  contract: 'anthropic' | 'openai',
  readId: (text: string) => string,
  { store, jobs }: BatchesDependencies,
): DoorRoutes {
  const ownerOfCall = ({ request }: Call) => ownerOf(callerOf(request, jobs))
  return {
    ownerOf: ownerOfCall,
    async find(call) {
      const id = readId(call.labels.batchId ?? '')
      const batch = await findBatch(store, jobs.arnPrefix, ownerOfCall(call), id, contract)
      call.facts.batchId = batch.request.id
      return batch
    },
    create: (operation, method, path, handle) =>
      [`/v1${path}`, `/${contract}/v1${path}`].map((spelling) => ({
        operation,
        method,
        path: spelling,
        handle,
        async toErrorReply(error) {
          const { toAnthropicErrorReply, toOpenAiErrorReply } = await loadOtherDoors()
          return contract === 'anthropic' ? toAnthropicErrorReply(error) : toOpenAiErrorReply(error)
        },
      })),
  }
}
