import { batchMessages, validationError } from '../messages.ts'
import { isPresent, type JsonObject } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { readObject } from '../shapes/read-json.ts'
import type { InvocationType } from './batch-job.ts'

/** Members of native bodies with tools or structured output. */
const NATIVE_MEMBERS = ['tools', 'tool_choice', 'toolConfig', 'response_format', 'output_format']

const CONVERSE_MEMBERS = ['toolConfig', 'guardrailConfig']

/**
 * Refuses what batch inference does not support: tools, structured output and, in Converse bodies, guardrails. A
 * ValidationException, the error of the record.
 */
export function checkRecord(modelInput: Uint8Array, type: InvocationType): void {
  const body = parseJsonObject(modelInput)
  const member = type === 'Converse' ? findConverseMember(body) : findNativeMember(body)
  if (member !== undefined) throw validationError(batchMessages.unsupported(member))
}

function findNativeMember(body: JsonObject): string | undefined {
  const found = NATIVE_MEMBERS.find((name) => isPresent(body[name]))
  if (found !== undefined) return found
  return isPresent(readObject(body.output_config)?.format) ? 'output_config.format' : undefined
}

function findConverseMember(body: JsonObject): string | undefined {
  const found = CONVERSE_MEMBERS.find((name) => isPresent(body[name]))
  if (found !== undefined) return found
  if (isPresent(readObject(body.outputConfig)?.textFormat)) return 'outputConfig.textFormat'
  const native = findNativeMember(readObject(body.additionalModelRequestFields) ?? {})
  return native && `additionalModelRequestFields.${native}`
}
