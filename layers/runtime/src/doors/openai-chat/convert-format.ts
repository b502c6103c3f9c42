import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeArray, writeObject } from '../../json/write-json.ts'
import { invalidRequest } from '../openai/errors.ts'
import type { ModelFacts } from '../openai/model-facts.ts'
import { checkMembers } from '../openai/request-members.ts'
import { requireString, type Translation } from './convert-content.ts'
import { INNER_MEMBERS } from './members.ts'

/** Header of the answer: how its format is asked for. */
export const STRUCTURED_OUTPUT_HEADER = 'x-bedrock-functions-structured-output'

/**
 * Way in which a model is asked for JSON:
 * - `schema`: Bedrock's structured output. The answer follows the schema.
 * - `tool`: a tool that the model must call. The answer is its input.
 * - `instruction`: a text in the system prompt. The model may not follow it.
 */
export type FormatWay = 'schema' | 'tool' | 'instruction'

export interface ConvertedFormat {
  readonly way: FormatWay | undefined
  /** `outputConfig.textFormat` */
  readonly textFormat?: JsonText
  /** `toolConfig` with the one tool whose input is the answer. */
  readonly toolConfig?: JsonText
  readonly instruction?: string
}

export const JSON_ONLY = 'Answer with one JSON object and nothing else: no Markdown, no text around it.'

/**
 * Converts `response_format`. Models without Bedrock's structured output get a tool that they must call, or, where that
 * cannot be, an instruction.
 *
 * @param isBusy true if the request has tools of its own or the model thinks: then no tool can be forced
 */
export function convertFormat(
  format: JsonValue | undefined,
  isBusy: boolean,
  translation: Translation,
): ConvertedFormat {
  if (!format) return { way: undefined }
  const { left, model } = translation
  checkMembers(format, INNER_MEMBERS.responseFormat, 'response_format', left)
  const type = format.get('type')?.text
  if (type === 'text') return { way: undefined }
  if (type === 'json_object') return { way: 'instruction', instruction: JSON_ONLY }
  const definition = format.get('json_schema')
  if (type !== 'json_schema' || definition?.kind !== 'object') {
    throw invalidRequest(
      'response_format',
      'response_format must be {"type": "text"}, {"type": "json_object"} or {"type": "json_schema", "json_schema": {"name": …, "schema": …}}.',
      'invalid_value',
    )
  }
  checkMembers(definition, INNER_MEMBERS.jsonSchema, 'response_format.json_schema', left)
  return convertSchema(definition, 'response_format.json_schema', isBusy, model)
}

/** Converts a schema with its name, whose members are checked. */
export function convertSchema(
  definition: JsonValue,
  path: string,
  isBusy: boolean,
  model: ModelFacts,
): ConvertedFormat {
  const name = requireString(definition, 'name', path)
  const description = definition.get('description')
  const schema = definition.get('schema')
  if (!schema || schema.isEmpty) return { way: 'instruction', instruction: JSON_ONLY }
  const described = description?.text ? (['description', description.bytes] as const) : undefined
  if (!model.refuses.has('outputConfig')) {
    const jsonSchema = writeObject([
      ['schema', JSON.stringify(schema.bytes.toString())],
      ['name', name.bytes],
      described,
    ])
    const structure = writeObject([['jsonSchema', jsonSchema]])
    return {
      way: 'schema',
      textFormat: writeObject([
        ['type', '"json_schema"'],
        ['structure', structure],
      ]),
    }
  }
  if (isBusy || FORCED_TOOL.some((feature) => model.refuses.has(feature))) {
    const text = `${JSON_ONLY} The object must follow this JSON Schema:\n${schema.bytes.toString()}`
    return { way: 'instruction', instruction: text }
  }
  const spec = writeObject([['name', name.bytes], described, ['inputSchema', writeObject([['json', schema.bytes]])]])
  const toolChoice = writeObject([['tool', writeObject([['name', name.bytes]])]])
  return {
    way: 'tool',
    toolConfig: writeObject([
      ['tools', writeArray([writeObject([['toolSpec', spec]])])],
      ['toolChoice', toolChoice],
    ]),
  }
}

/** Features without which a model cannot be made to call a certain tool. */
const FORCED_TOOL = ['tools', 'toolChoiceTool', 'forcedToolChoice']
