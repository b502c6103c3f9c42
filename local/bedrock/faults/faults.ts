import type { Directives } from '../directives/parse-directives.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { readString } from '../shapes/read-json.ts'
import type { Fault } from './fault.ts'
import { type FaultRules, type ReadFault, readFault } from './read-fault.ts'

/** Faults that are set, in the order in which they were set. */
export interface Faults {
  /** Sets a fault. It replaces one of the same operation and model. ValidationException for an invalid one. */
  set(document: JsonObject): void
  /** Faults with the number of calls that are left. */
  list(): readonly Fault[]
  clear(): void
  /** Takes one call from the first fault of the operation and its model. Returns the directives of the fault. */
  take(operation: string, resource: string, body: Uint8Array): Directives | undefined
}

export function createFaults(rules: FaultRules): Faults {
  const faults = new Map<string, ReadFault>()
  return {
    set(document) {
      const read = readFault(document, rules)
      const key = keyOf(read)
      faults.delete(key)
      faults.set(key, read)
    },
    list: () => [...faults.values()].map(({ fault }) => fault),
    clear: () => faults.clear(),
    take(operation, resource, body) {
      const found = [...faults.values()].find(
        ({ fault }) =>
          fault.operation === operation &&
          (fault.model === undefined || readModel(operation, resource, body).includes(fault.model)),
      )
      if (!found) return undefined
      const { fault, directives } = found
      const times = fault.times - 1
      if (times > 0) faults.set(keyOf(found), { fault: { ...fault, times }, directives })
      else faults.delete(keyOf(found))
      return directives
    },
  }
}

function keyOf({ fault }: ReadFault): string {
  return `${fault.operation} ${fault.model ?? ''}`
}

/** Model of a call. StartAsyncInvoke has it in the body, which is not checked yet. */
function readModel(operation: string, resource: string, body: Uint8Array): string {
  if (operation !== 'StartAsyncInvoke') return resource
  try {
    const document: JsonValue = JSON.parse(Buffer.from(body).toString())
    return isJsonObject(document) ? (readString(document.modelId) ?? '') : ''
  } catch {
    return ''
  }
}
