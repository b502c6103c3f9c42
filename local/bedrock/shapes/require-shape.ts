import { BedrockError } from '@bedrock-functions/runtime/core'
import { checkShape, type Violation } from './check-shape.ts'
import type { JsonObject } from './json.ts'
import type { Shape } from './shape.ts'

/** Checks the shape of `body`. ValidationException, worded by a function of `describe-violation.ts`. */
export function requireShape(body: JsonObject, shape: Shape, describe: (violation: Violation) => string): void {
  const violation = checkShape(body, shape)
  if (violation) throw new BedrockError('ValidationException', describe(violation))
}
