import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { findMember, insertMember, isObject, mayName, parseDocument, replaceValue } from '../../json/json-members.ts'
import { requireUtf8 } from '../../json/require-utf8.ts'
import { asJson } from './content-type.ts'
import type { GuardrailOptions } from './guardrail-stage.ts'
import { requireSameGuardrail } from './same-guardrail.ts'

const IDENTIFIER = 'x-amzn-bedrock-guardrailidentifier'
const VERSION = 'x-amzn-bedrock-guardrailversion'
const TRACE = 'x-amzn-bedrock-trace'

/** The member of a native body that says what a guardrail looks at, and how a stream goes through it. */
const CONFIG = 'amazon-bedrock-guardrailConfig'

const MODES = { sync: 'SYNCHRONOUS', async: 'ASYNCHRONOUS' } as const

/** For InvokeModel and its stream: the guardrail is named by headers; what the body says of it must not weaken it. */
export function createInvokeGuard(
  options: GuardrailOptions,
  streams: boolean,
): (call: ModelCall) => Pick<ModelCall, 'headers' | 'body'> {
  const { guardrailIdentifier, guardrailVersion, trace } = options
  const mode = streams && options.streamProcessingMode ? MODES[options.streamProcessingMode] : undefined
  // Without a word Bedrock's mode is the synchronous one.
  const member = mode === MODES.async && `"${CONFIG}":${JSON.stringify({ streamProcessingMode: mode })}`

  function guardHeaders(headers: ModelCall['headers']): ModelCall['headers'] {
    const members = ['guardrailIdentifier', 'guardrailVersion'] as const
    requireSameGuardrail({ identifier: headers[IDENTIFIER], version: headers[VERSION], members }, options)
    return {
      ...asJson(headers),
      [IDENTIFIER]: guardrailIdentifier,
      [VERSION]: guardrailVersion,
      ...(trace && !headers[TRACE] && { [TRACE]: trace.toUpperCase() }),
    }
  }

  function guardBody(bytes: Buffer): Uint8Array {
    requireUtf8(bytes)
    if (mayName(bytes, [CONFIG])) {
      const config = parseDocument(bytes)[CONFIG]
      const place = findMember(bytes, CONFIG)
      if (place) return changeMode(bytes, place, config)
    }
    // What is no object is Bedrock's to refuse: nothing in it can be about a guardrail.
    return (member && insertMember(bytes, member)) || bytes
  }

  function changeMode(bytes: Buffer, place: Parameters<typeof replaceValue>[1], named: unknown): Uint8Array {
    const config = named ?? {}
    if (!isObject(config)) throw new BedrockError('ValidationException', `${CONFIG} is not an object.`)
    if (options.contentGuarding !== 'SELECTIVE' && (config.tagSuffix ?? '') !== '') {
      throw new BedrockError(
        'ValidationException',
        `${CONFIG}.tagSuffix would show this stack's guardrail tagged text only; it looks at the whole input. Leave tagSuffix out.`,
      )
    }
    const wanted = mode === MODES.sync ? mode : (config.streamProcessingMode ?? mode)
    if (wanted === undefined || wanted === config.streamProcessingMode) return bytes
    return replaceValue(bytes, place, { ...config, streamProcessingMode: wanted })
  }

  return ({ headers, body }) => ({
    headers: guardHeaders(headers),
    body: guardBody(Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
  })
}
