import type { Operation } from '../operations/operation.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'

/** `PUT /_emulator/faults` */
export const setFault: Operation = async ({ faults, body }) => {
  faults.set(parseJsonObject(body))
  return { body: { faults: faults.list() } }
}

/** `GET /_emulator/faults` */
export const listFaults: Operation = async ({ faults }) => ({ body: { faults: faults.list() } })

/** `DELETE /_emulator/faults` */
export const clearFaults: Operation = async ({ faults }) => {
  faults.clear()
  return { body: { faults: [] } }
}
