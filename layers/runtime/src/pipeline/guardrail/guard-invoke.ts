import { isUtf8 } from 'node:buffer'
import { BedrockError } from '../../core/errors.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { insertMember, type JsonEdit, replaceValue, setMember } from '../../json/edit-json.ts'
import { type JsonDocument, type JsonValue, malformed } from '../../json/json-document.ts'
import type { GuardrailOptions } from './guardrail-options.ts'
import { type Guard, requireSameGuardrail, requireUniqueNames, withJsonType } from './guardrail-rules.ts'

const IDENTIFIER = 'x-amzn-bedrock-guardrailidentifier'
const VERSION = 'x-amzn-bedrock-guardrailversion'
const TRACE = 'x-amzn-bedrock-trace'

/** Member of a native body that configures what a guardrail evaluates, and how it processes a stream. */
const CONFIG = 'amazon-bedrock-guardrailConfig'
const MODE = 'streamProcessingMode'
const MODES = { sync: 'SYNCHRONOUS', async: 'ASYNCHRONOUS' } as const

/** Creates the guard of InvokeModel and its stream. Headers name the guardrail, and the body must not weaken it. */
export function createInvokeGuard(options: GuardrailOptions, streams: boolean): Guard {
  const { guardrailIdentifier, guardrailVersion, trace } = options
  const mode = streams && options.streamProcessingMode ? MODES[options.streamProcessingMode] : undefined

  function guardHeaders(headers: ModelCall['headers']): ModelCall['headers'] {
    const members = ['guardrailIdentifier', 'guardrailVersion'] as const
    requireSameGuardrail({ identifier: headers[IDENTIFIER], version: headers[VERSION], members }, options)
    return {
      ...withJsonType(headers),
      [IDENTIFIER]: guardrailIdentifier,
      [VERSION]: guardrailVersion,
      ...(trace && !headers[TRACE] && { [TRACE]: trace.toUpperCase() }),
    }
  }

  function guardDocument(document: JsonDocument): JsonEdit[] {
    const { root } = document
    // Bedrock reads a native body for the guardrail, and the provider reads it for the model.
    requireUniqueNames(root)
    if (document.mayHaveMember(CONFIG)) {
      const [config] = root.getAll(CONFIG)
      if (config) return setMode(config)
    }
    // Bedrock's default is the synchronous mode.
    if (mode !== MODES.async || root.kind !== 'object') return []
    return [insertMember(root, CONFIG, JSON.stringify({ [MODE]: mode }))]
  }

  function setMode(config: JsonValue): JsonEdit[] {
    if (config.kind === 'null') return mode ? [replaceValue(config, JSON.stringify({ [MODE]: mode }))] : []
    if (config.kind !== 'object') throw new BedrockError('ValidationException', `${CONFIG} is not an object.`)
    if (options.contentGuarding !== 'SELECTIVE' && (config.get('tagSuffix')?.text ?? '') !== '') {
      throw new BedrockError(
        'ValidationException',
        `${CONFIG}.tagSuffix would show this stack's guardrail tagged text only; it looks at the whole input. Leave tagSuffix out.`,
      )
    }
    const named = config.get(MODE)?.text
    const wanted = mode === MODES.sync ? mode : (named ?? mode)
    return wanted === undefined || wanted === named ? [] : setMember(config, MODE, JSON.stringify(wanted))
  }

  return ({ headers, body }, document) => {
    // Another encoding could hide the configuration. Bedrock refuses any other body that is not JSON.
    if (!document && (!isUtf8(body) || body.includes(0))) throw malformed('the body is not JSON in UTF-8')
    if (!document && Buffer.from(body).includes('guardrailConfig')) throw malformed('the body is not JSON in UTF-8')
    return { headers: guardHeaders(headers), edits: document ? guardDocument(document) : [] }
  }
}
