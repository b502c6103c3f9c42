import type { JsonObject } from '../../template/json.ts'

/** Handler of one Task resource. Resolves to the task's result; rejects with a TaskError. */
export type Resource = (parameters: JsonObject) => Promise<unknown>
