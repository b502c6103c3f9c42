import { RECORD_OPERATION } from '../batch/record-operation.ts'
import {
  type Directives,
  INVOCATION_DIRECTIVES,
  readDirectiveEntries,
  STREAM_FAULTS,
} from '../directives/parse-directives.ts'
import { validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import type { JsonObject } from '../shapes/json.ts'
import { readNumber, readObject, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { structure } from '../shapes/shape.ts'
import type { Fault } from './fault.ts'

/** A checked fault. */
export interface ReadFault {
  readonly fault: Fault & { readonly times: number }
  readonly directives: Directives
}

const faultShape = structure(
  {
    operation: { type: 'string', minimum: 1 },
    times: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    model: { type: 'string', minimum: 1, maximum: 2_048 },
    directives: {
      type: 'map',
      minimum: 1,
      values: { type: 'either', shapes: [{ type: 'string' }, { type: 'number' }] },
    },
  },
  ['operation', 'directives'],
)

/** Directives before the answer, which work in every operation. */
export const FIRST_DIRECTIVES: readonly string[] = ['stall', 'throttle', 'error']

const ANSWER_DIRECTIVES = ['say', 'tool', 'tokens', 'rate']

/** Faults of server-sent events, which have no checksum. */
const EVENT_FAULTS = STREAM_FAULTS.filter((name) => name !== 'badcrc')

/** Further directives of operations. */
const FURTHER_DIRECTIVES: Readonly<Record<string, readonly string[]>> = {
  Converse: ANSWER_DIRECTIVES,
  InvokeModel: ANSWER_DIRECTIVES,
  ConverseStream: [...ANSWER_DIRECTIVES, 'signatures', ...STREAM_FAULTS],
  InvokeModelWithResponseStream: [...ANSWER_DIRECTIVES, ...STREAM_FAULTS],
  InvokeModelWithBidirectionalStream: [...ANSWER_DIRECTIVES, ...STREAM_FAULTS],
  AnthropicMessages: [...ANSWER_DIRECTIVES, 'signatures', ...EVENT_FAULTS],
  OpenAIChatCompletions: [...ANSWER_DIRECTIVES, ...EVENT_FAULTS],
  OpenAIResponses: [...ANSWER_DIRECTIVES, ...EVENT_FAULTS],
  StartAsyncInvoke: INVOCATION_DIRECTIVES,
  CreateModelInvocationJob: INVOCATION_DIRECTIVES,
  [RECORD_OPERATION]: ANSWER_DIRECTIVES,
}

const OPERATIONS_WITH_MODEL = [...Object.keys(FURTHER_DIRECTIVES), 'CountTokens']

/** Operations and directives that a fault may have. */
export interface FaultRules {
  readonly operations: readonly string[]
  /** True if answers come from recordings or from Bedrock: only {@link FIRST_DIRECTIVES} work then. */
  readonly isForwarding: boolean
}

/** Reads a fault. ValidationException for an unknown member, operation or directive, or one that has no effect there. */
export function readFault(document: JsonObject, { operations, isForwarding }: FaultRules): ReadFault {
  const unknown = Object.keys(document).find((name) => !Object.hasOwn(faultShape.members, name))
  if (unknown !== undefined) {
    const known = Object.keys(faultShape.members).join(', ')
    throw validationError(`Unknown member ${unknown.slice(0, 50)} of the fault. Known: ${known}.`)
  }
  requireShape(document, faultShape, describeForService)
  const operation = readString(document.operation) ?? ''
  if (!operations.includes(operation)) {
    throw validationError(`Unknown operation ${operation.slice(0, 50)}. Known: ${operations.join(', ')}.`)
  }
  const model = readString(document.model)
  if (model !== undefined && !OPERATIONS_WITH_MODEL.includes(operation)) {
    throw validationError(`${operation} has no model. Leave out the member model.`)
  }
  const texts = Object.entries(readObject(document.directives) ?? {}).map(([name, value]) => [name, String(value)])
  const written = Object.fromEntries(texts) as Record<string, string>
  requireEffect(operation, Object.keys(written), isForwarding)
  const times = readNumber(document.times) ?? 1
  return {
    fault: { operation, times, ...(model !== undefined && { model }), directives: written },
    directives: readDirectiveEntries(Object.entries(written)),
  }
}

function requireEffect(operation: string, names: readonly string[], isForwarding: boolean): void {
  const further = isForwarding ? [] : (FURTHER_DIRECTIVES[operation] ?? [])
  const allowed = [...FIRST_DIRECTIVES, ...further]
  const useless = names.find((name) => !allowed.includes(name))
  if (useless === undefined) return
  const where = isForwarding ? `${operation} with --record or --replay` : operation
  throw validationError(
    `The directive ${useless.slice(0, 50)} has no effect in a fault of ${where}. Known: ${allowed.join(', ')}.`,
  )
}
