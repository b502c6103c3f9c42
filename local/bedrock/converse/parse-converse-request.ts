import { numberSources } from '../conversation/number-sources.ts'
import { readOutputFormat } from '../conversation/read-output-format.ts'
import type { ConversationRequest, InferenceParameters, Tool, ToolChoice, Turn } from '../conversation/types.ts'
import { malformedInput, validationError } from '../messages.ts'
import { describeForService } from '../shapes/describe-violation.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../shapes/json.ts'
import { parseJsonObject } from '../shapes/parse-json.ts'
import { omitUndefined, readNumber, readObject, readObjects, readString, readStrings } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { isReasoning, readThinking } from '../thinking/read-thinking.ts'
import { parseContentBlock } from './parse-content-block.ts'
import { converseRequest } from './shapes.ts'

/** Parses a Converse body into a conversation. ValidationException for another shape than the service model's. */
export function parseConverseRequest(body: JsonObject): ConversationRequest {
  requireShape(body, converseRequest, describeForService)
  return readConversation(body)
}

/** Parses `input.converse` of CountTokens, whose shape is checked with the whole request. */
export function readConversation(body: JsonObject): ConversationRequest {
  const messages = readObjects(body.messages)
  const toolConfig = readObject(body.toolConfig)
  const guardedSystem = readGuardedSystem(body.system)
  const systemTools = readObjects(toolConfig?.tools).flatMap(readSystemTool)
  const turns = numberSources(messages.flatMap(readTurn))
  return {
    system: [...readSystem(body.system), ...readSystemMessages(messages)].join('\n\n'),
    ...(guardedSystem.length > 0 && { guardedSystem }),
    turns,
    tools: readObjects(toolConfig?.tools).flatMap(readTool),
    toolChoice: readToolChoice(readObject(toolConfig?.toolChoice)),
    ...(systemTools.length > 0 && { systemTools }),
    parameters: readParameters(body, turns),
  }
}

/** True when the body has `toolConfig`, which Bedrock requires for any tool block. */
export function hasToolConfig(body: JsonObject): boolean {
  return isJsonObject(body.toolConfig)
}

function readTurn(message: JsonObject, index: number): Turn[] {
  const { role } = message
  if (role !== 'user' && role !== 'assistant') return []
  return [{ role, blocks: readObjects(message.content).map(parseContentBlock), path: ['messages', index] }]
}

/** Reads messages of the role `system`, instructions between turns for newer models. */
function readSystemMessages(messages: readonly JsonObject[]): string[] {
  return messages.filter(({ role }) => role === 'system').flatMap(({ content }) => readSystem(content))
}

function readSystem(blocks: JsonValue | undefined): string[] {
  return readObjects(blocks).flatMap((block) => {
    const text = block.text ?? readObject(readObject(block.guardContent)?.text)?.text
    return typeof text === 'string' ? [text] : []
  })
}

function readGuardedSystem(blocks: JsonValue | undefined): string[] {
  return readObjects(blocks).flatMap(({ guardContent }) =>
    readSystem(guardContent === undefined ? [] : [{ guardContent }]),
  )
}

function readTool(tool: JsonObject): Tool[] {
  const specification = readObject(tool.toolSpec)
  if (!specification) return []
  const description = readString(specification.description)
  const inputSchema = readObject(readObject(specification.inputSchema)?.json) ?? {}
  return [{ ...omitUndefined({ description }), name: readString(specification.name) ?? '', inputSchema }]
}

function readSystemTool({ systemTool }: JsonObject): string[] {
  const name = readString(readObject(systemTool)?.name)
  return name === undefined ? [] : [name]
}

function readToolChoice(choice: JsonObject | undefined): ToolChoice {
  const name = readString(readObject(choice?.tool)?.name)
  if (name !== undefined) return { kind: 'tool', name }
  return { kind: isJsonObject(choice?.any) ? 'any' : 'auto' }
}

function readParameters(body: JsonObject, turns: readonly Turn[]): InferenceParameters {
  const config = readObject(body.inferenceConfig)
  const extra = readObject(body.additionalModelRequestFields)
  const member = extra?.thinking ?? readObject(extra?.reasoning_config) ?? readObject(extra?.reasoningConfig)
  const thinking = readThinking(member, extra)
  return {
    ...omitUndefined({
      maxTokens: readNumber(config?.maxTokens),
      temperature: readNumber(config?.temperature) ?? readNumber(extra?.temperature),
      topP: readNumber(config?.topP) ?? readNumber(extra?.top_p),
      topK: readNumber(extra?.top_k) ?? readNumber(readObject(extra?.inferenceConfig)?.topK),
      outputSchema: readOutputSchema(body),
    }),
    stopSequences: readStrings(config?.stopSequences),
    reasoning: isReasoning(thinking.thinking, turns),
    ...thinking,
  }
}

/** Reads the schema of a structured output, from Converse's own field or from those of the model. */
export function readOutputSchema(body: JsonObject): JsonObject | undefined {
  return readTextFormat(body) ?? readOutputFormat(readObject(body.additionalModelRequestFields))
}

/** Parses the schema of a text format, which Converse sends as JSON text. */
function readTextFormat(body: JsonObject): JsonObject | undefined {
  const format = readObject(readObject(body.outputConfig)?.textFormat)
  const schema = readString(readObject(readObject(format?.structure)?.jsonSchema)?.schema)
  if (schema === undefined) return undefined
  try {
    return parseJsonObject(Buffer.from(schema))
  } catch (error) {
    const fact = '#/outputConfig/textFormat/structure/jsonSchema/schema: is not the text of a JSON object'
    throw Object.assign(validationError(malformedInput(fact)), { cause: error })
  }
}
