import { readOutputFormat } from '../../conversation/read-output-format.ts'
import type { InferenceParameters, Tool, ToolChoice } from '../../conversation/types.ts'
import { nativeWording } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject } from '../../shapes/json.ts'
import { omitUndefined, readNumber, readObject, readObjects, readString, readStrings } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import type { NativeRequest } from '../family.ts'
import { parseMessages } from './parse-messages.ts'
import { openaiRequest } from './shapes.ts'

/** Parses a chat completions body into a conversation. ValidationException for another shape. */
export function parseOpenaiRequest(body: JsonObject): NativeRequest {
  requireShape(body, openaiRequest, describeForModel)
  return {
    request: {
      ...parseMessages(readObjects(body.messages)),
      tools: readObjects(body.tools).map(readTool),
      toolChoice: readToolChoice(body),
      parameters: readParameters(body),
    },
    rules: { wording: nativeWording, toolsDeclared: true, isConverse: false },
  }
}

function readTool(tool: JsonObject): Tool {
  const { name, description, parameters } = readObject(tool.function) ?? {}
  return {
    ...omitUndefined({ description: readString(description) }),
    name: readString(name) ?? '',
    inputSchema: readObject(parameters) ?? {},
  }
}

/** Mistral says `any` where OpenAI says `required`. */
const CHOICES: ReadonlyMap<string, 'any' | 'none'> = new Map([
  ['any', 'any'],
  ['required', 'any'],
  ['none', 'none'],
])

function readToolChoice({ tool_choice }: JsonObject): ToolChoice {
  const name = readString(readObject(readObject(tool_choice)?.function)?.name)
  if (name !== undefined) return { kind: 'tool', name }
  return { kind: CHOICES.get(readString(tool_choice) ?? '') ?? 'auto' }
}

function readParameters(body: JsonObject): InferenceParameters {
  const effort = readString(body.reasoning_effort)
  return {
    ...omitUndefined({
      maxTokens: readNumber(body.max_completion_tokens ?? body.max_tokens),
      temperature: readNumber(body.temperature),
      topP: readNumber(body.top_p),
      topK: readNumber(body.top_k),
      outputSchema: readOutputFormat(body),
    }),
    stopSequences: typeof body.stop === 'string' ? [body.stop] : readStrings(body.stop),
    reasoning: effort !== undefined && effort !== 'none',
  }
}
