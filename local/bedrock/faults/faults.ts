import type { Directives } from '../directives/parse-directives.ts'
import type { JsonObject } from '../shapes/json.ts'
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
  take(operation: string, modelId: string): Directives | undefined
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
    take(operation, modelId) {
      const found = [...faults.values()].find(
        ({ fault }) => fault.operation === operation && (fault.model === undefined || modelId.includes(fault.model)),
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
