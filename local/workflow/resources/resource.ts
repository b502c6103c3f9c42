import type { JsonObject } from '../../template/json.ts'

/** What stands behind one Task resource. Gives the task's result; rejects with a TaskError. */
export type Resource = (parameters: JsonObject) => Promise<unknown>
