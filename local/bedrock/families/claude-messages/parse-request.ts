import { numberSources } from '../../conversation/number-sources.ts'
import { readOutputFormat } from '../../conversation/read-output-format.ts'
import type { ConversationRequest, InferenceParameters, Tool, ToolChoice, Turn } from '../../conversation/types.ts'
import { claudeWording } from '../../messages.ts'
import { describeForClaude } from '../../shapes/describe-violation.ts'
import type { JsonObject, JsonValue } from '../../shapes/json.ts'
import { omitUndefined, readNumber, readObject, readObjects, readString, readStrings } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { isReasoning, readThinking } from '../../thinking/read-thinking.ts'
import type { NativeRequest } from '../family.ts'
import { parseClaudeContent } from './parse-content.ts'
import { claudeRequest } from './shapes.ts'

/** Parses an Anthropic Messages body into a conversation. ValidationException for another shape. */
export function parseClaudeRequest(body: JsonObject): NativeRequest {
  requireShape(body, claudeRequest, describeForClaude)
  const messages = readObjects(body.messages)
  const turns = numberSources(messages.flatMap(readTurn))
  const request: ConversationRequest = {
    system: [body.system, ...messages.filter(isSystem).map(({ content }) => content)].flatMap(readSystem).join('\n\n'),
    turns,
    tools: readTools(body.tools, messages),
    toolChoice: readToolChoice(readObject(body.tool_choice)),
    parameters: readParameters(body, turns),
  }
  const rules = {
    wording: claudeWording,
    toolsDeclared: body.tools !== undefined,
    isConverse: false,
  }
  return { request, rules }
}

function isSystem({ role }: JsonObject): boolean {
  return role === 'system'
}

function readTurn({ role, content }: JsonObject, index: number): Turn[] {
  if (role !== 'user' && role !== 'assistant') return []
  return [{ role, blocks: parseClaudeContent(content), path: ['messages', index] }]
}

function readSystem(system: JsonValue | undefined): string[] {
  return typeof system === 'string' ? [system] : readObjects(system).map(({ text }) => readString(text) ?? '')
}

/** Reads the tools of the request, and those that system messages add or remove between turns. */
function readTools(tools: JsonValue | undefined, messages: readonly JsonObject[]): Tool[] {
  let known = readObjects(tools).map(readTool)
  for (const { type, tool } of messages.filter(isSystem).flatMap(({ content }) => readObjects(content))) {
    const { definition, name } = readObject(tool) ?? {}
    const added = readObject(definition)
    if (type === 'tool_addition' && added) known.push(readTool(added))
    if (type === 'tool_removal') known = known.filter((one) => one.name !== name)
  }
  return known
}

function readTool({ name, description, input_schema }: JsonObject): Tool {
  return {
    ...omitUndefined({ description: readString(description) }),
    name: readString(name) ?? '',
    inputSchema: readObject(input_schema) ?? {},
  }
}

function readToolChoice(choice: JsonObject | undefined): ToolChoice {
  switch (choice?.type) {
    case 'tool':
      return { kind: 'tool', name: readString(choice.name) ?? '' }
    case 'any':
    case 'none':
      return { kind: choice.type }
    default:
      return { kind: 'auto' }
  }
}

function readParameters(body: JsonObject, turns: readonly Turn[]): InferenceParameters {
  const thinking = readThinking(body.thinking, body)
  return {
    ...omitUndefined({
      maxTokens: readNumber(body.max_tokens),
      temperature: readNumber(body.temperature),
      topP: readNumber(body.top_p),
      topK: readNumber(body.top_k),
      outputSchema: readOutputFormat(body),
    }),
    stopSequences: readStrings(body.stop_sequences),
    reasoning: isReasoning(thinking.thinking, turns),
    ...thinking,
  }
}
