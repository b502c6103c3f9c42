import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import {
  findMember,
  insertMember,
  isObject,
  mayName,
  notReadable,
  parseDocument,
  replaceValue,
} from '../../json/json-members.ts'
import { requireUtf8 } from '../../json/require-utf8.ts'
import { asJson } from './content-type.ts'
import type { GuardrailOptions } from './guardrail-stage.ts'
import { requireSameGuardrail } from './same-guardrail.ts'
import { requireWholeContent } from './whole-content.ts'

const CONFIG = 'guardrailConfig'
const GUARDRAIL_HEADERS: readonly string[] = ['x-amzn-bedrock-guardrailidentifier', 'x-amzn-bedrock-guardrailversion']
/** InvokeModel's own configuration: in Converse it could only get into the model's body by the extra fields. */
const NATIVE_CONFIG = 'amazon-bedrock-guardrailConfig'

/**
 * For Converse and ConverseStream, whose documents name their guardrail: a document that names none gets one member at
 * its beginning, and is otherwise the caller's bytes; one that does is read.
 */
export function createConverseGuard(
  options: GuardrailOptions,
  streams: boolean,
): (call: ModelCall) => Pick<ModelCall, 'headers' | 'body'> {
  const own = {
    guardrailIdentifier: options.guardrailIdentifier,
    guardrailVersion: options.guardrailVersion,
    ...(options.trace && { trace: options.trace }),
    ...(streams && options.streamProcessingMode && { streamProcessingMode: options.streamProcessingMode }),
  }
  const member = `"${CONFIG}":${JSON.stringify(own)}`
  const names = [CONFIG, NATIVE_CONFIG, ...(options.contentGuarding === 'SELECTIVE' ? [] : ['guardContent'])]

  function mergeConfig(named: unknown): object {
    const config = named ?? {}
    if (!isObject(config)) throw new BedrockError('ValidationException', `${CONFIG} is not an object.`)
    const { guardrailIdentifier: identifier, guardrailVersion: version } = config
    const members = [`${CONFIG}.guardrailIdentifier`, `${CONFIG}.guardrailVersion`] as const
    requireSameGuardrail({ identifier, version, members }, options)
    const { guardrailIdentifier, guardrailVersion } = own
    const merged = { ...own, ...withoutNulls(config), guardrailIdentifier, guardrailVersion }
    return own.streamProcessingMode === 'sync' ? { ...merged, streamProcessingMode: 'sync' } : merged
  }

  function guardBody(bytes: Buffer): Buffer {
    requireUtf8(bytes)
    if (mayName(bytes, names)) {
      const document = parseDocument(bytes)
      refuseNativeConfig(document)
      if (options.contentGuarding !== 'SELECTIVE') requireWholeContent(document)
      const place = findMember(bytes, CONFIG)
      if (place) return replaceValue(bytes, place, mergeConfig(document[CONFIG]))
    }
    const guarded = insertMember(bytes, member)
    if (!guarded) throw notReadable('is not a JSON object')
    return guarded
  }

  return ({ headers, body }) => ({
    headers: withoutGuardrails(asJson(headers)),
    body: guardBody(Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
  })
}

/** InvokeModel's headers say nothing in Converse, as far as is known: so they need not go there. */
function withoutGuardrails(headers: ModelCall['headers']): ModelCall['headers'] {
  if (!GUARDRAIL_HEADERS.some((name) => name in headers)) return headers
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !GUARDRAIL_HEADERS.includes(name)))
}

function refuseNativeConfig({ additionalModelRequestFields: fields }: Record<string, unknown>): void {
  if (!isObject(fields) || !Object.hasOwn(fields, NATIVE_CONFIG)) return
  throw new BedrockError(
    'ValidationException',
    `additionalModelRequestFields.${NATIVE_CONFIG} is for InvokeModel. In Converse the guardrail is configured by ${CONFIG}.`,
  )
}

/** Bedrock reads a null as nothing. */
function withoutNulls(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null))
}
