import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, joinJson, type WrittenMember, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import { readModelFacts } from '../openai/model-facts.ts'
import { checkMembers } from '../openai/request-members.ts'
import { convertText, type Translation } from '../openai-chat/convert-content.ts'
import { type ConvertedFormat, convertSchema, JSON_ONLY } from '../openai-chat/convert-format.ts'
import { convertInference, readTokenLimit } from '../openai-chat/convert-inference.ts'
import { type ConverseRequest, readEffort, writeConverse } from '../openai-chat/to-converse.ts'
import { convertInput, type InputContext } from './convert-input.ts'
import { convertTools, type ToolKinds } from './convert-tools.ts'
import { INCLUDES, INNER_MEMBERS, REQUEST_MEMBERS } from './members.ts'

/** Request of the Responses API as a Converse request. */
export interface ResponsesConverseRequest extends ConverseRequest {
  readonly kinds: ToolKinds
}

const LIMIT_NAMES = ['max_output_tokens']

/**
 * Translates a request onto Converse. Texts, schemas and inputs of tools are copied byte by byte.
 *
 * @param headers lower-case names; those of Bedrock's guardrails and of OpenAI's projects count
 * @throws BedrockError ValidationException that names the member, for one that has no counterpart
 */
export function toConverse(
  root: JsonValue,
  headers: Readonly<Record<string, string>>,
  modelId: string,
  context: InputContext,
): ResponsesConverseRequest {
  const left = new Set<string>()
  checkMembers(root, REQUEST_MEMBERS, '', left)
  checkIncludes(root)
  const options = root.get('stream_options')
  if (options) checkMembers(options, INNER_MEMBERS.streamOptions, 'stream_options', left)
  const model = readModelFacts(modelId)
  const translation: Translation = { model, left }
  const input = convertInput(root.get('input'), context, translation)
  if (input.turns.length === 0) {
    throw invalidRequest(
      'input',
      'input must be a text, or have a message of the role user.',
      'missing_required_parameter',
    )
  }
  const reasoning = root.get('reasoning')
  if (reasoning) checkMembers(reasoning, INNER_MEMBERS.reasoning, 'reasoning', left)
  const effort = readEffort(reasoning?.get('effort'), translation, {
    param: 'reasoning.effort',
    maxTokens: readTokenLimit(root, LIMIT_NAMES),
    lacksThinking: input.lacksThinking,
  })
  const lists = [{ tools: root.get('tools'), path: 'tools' }, ...input.addedTools]
  const { tools, kinds } = convertTools(root, lists, input.usedTools, translation)
  const text = root.get('text')
  if (text) checkMembers(text, INNER_MEMBERS.text, 'text', left)
  const isBusy = tools.toolConfig !== undefined || effort.thinks
  const written = writeConverse(root, headers, translation, {
    system: [...readInstructions(root), ...input.system],
    turns: input.turns,
    effort,
    tools,
    format: convertFormat(text?.get('format'), isBusy, translation),
    inference: convertInference(root, model, LIMIT_NAMES),
    fields: readVerbosity(text, translation),
  })
  return { ...written, kinds }
}

function checkIncludes(root: JsonValue): void {
  for (const [index, item] of (root.get('include')?.items ?? []).entries()) {
    const name = item.text ?? ''
    const treatment = Object.hasOwn(INCLUDES, name) ? INCLUDES[name] : undefined
    if (treatment && treatment.kind !== 'refused') continue
    const because = treatment?.kind === 'refused' ? treatment.because : 'It is not known.'
    throw invalidRequest(
      `include[${index}]`,
      `Unsupported value of include: '${name}'. ${because}`,
      'unsupported_value',
    )
  }
}

function readInstructions(root: JsonValue): JsonText[] {
  const instructions = root.get('instructions')
  if (!instructions) return []
  if (instructions.kind === 'string') return convertText(instructions)
  throw invalidRequest('instructions', 'instructions must be a string.', 'invalid_type')
}

function convertFormat(format: JsonValue | undefined, isBusy: boolean, { model, left }: Translation): ConvertedFormat {
  if (!format) return { way: undefined }
  checkMembers(format, INNER_MEMBERS.format, 'text.format', left)
  const type = format.get('type')?.text
  if (type === 'text') return { way: undefined }
  if (type === 'json_object') return { way: 'instruction', instruction: JSON_ONLY }
  if (type === 'json_schema') return convertSchema(format, 'text.format', isBusy, model)
  throw invalidRequest(
    'text.format.type',
    'text.format.type must be text, json_object or json_schema.',
    'invalid_value',
  )
}

/** Reads the verbosity, a wish that only models with the body of chat completions know. */
function readVerbosity(text: JsonValue | undefined, { model, left }: Translation): Record<string, JsonText> {
  const verbosity = text?.get('verbosity')
  if (!verbosity) return {}
  if (model.family === 'chat completions') return { verbosity: verbosity.bytes }
  if (verbosity.text !== 'medium') left.add('text.verbosity')
  return {}
}

const DEFAULTS: Readonly<Record<string, JsonText>> = {
  background: 'false',
  instructions: 'null',
  max_output_tokens: 'null',
  max_tool_calls: 'null',
  metadata: '{}',
  parallel_tool_calls: 'true',
  previous_response_id: 'null',
  prompt_cache_key: 'null',
  reasoning: '{"effort":null,"summary":null}',
  safety_identifier: 'null',
  store: 'true',
  temperature: 'null',
  text: '{"format":{"type":"text"}}',
  tool_choice: '"auto"',
  tools: '[]',
  top_logprobs: '0',
  top_p: 'null',
  truncation: '"disabled"',
  user: 'null',
}

/**
 * Writes the settings of a request as its response states them: as they came, or their defaults.
 *
 * @param stores true if the response is kept
 * @returns JSON text of members
 */
export function writeSettings(root: JsonValue, stores: boolean): string {
  const members = toSettings(root).map(([name, value]): WrittenMember => [name, name === 'store' ? `${stores}` : value])
  return joinJson(writeObject(members)).toString().slice(1, -1)
}

function toSettings(root: JsonValue): readonly (readonly [name: string, value: JsonText])[] {
  return Object.entries(DEFAULTS).map(([name, whenUnset]) => {
    const value = root.get(name)
    if (name === 'text' && value && !value.get('format')) {
      return [
        name,
        writeObject([['format', '{"type":"text"}'], ...value.members.map((m) => [m.name, m.value.bytes] as const)]),
      ]
    }
    return [name, value ? value.bytes : whenUnset]
  })
}
