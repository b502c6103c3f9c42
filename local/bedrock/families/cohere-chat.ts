import { parseToolInput } from '../conversation/parse-tool-input.ts'
import { readOutputFormat } from '../conversation/read-output-format.ts'
import { readText } from '../conversation/read-text.ts'
import type { ContentBlock, ConversationRequest, ModelAnswer, StopReason, Tool, Turn } from '../conversation/types.ts'
import { nativeWording } from '../messages.ts'
import { describeForModel } from '../shapes/describe-violation.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { omitUndefined, readNumber, readObject, readObjects, readString, readStrings } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { document, integer, list, number, oneOf, structure, text } from '../shapes/shape.ts'
import type { ChatFamily, RenderContext, StreamRenderer } from './family.ts'
import { createSeparator } from './text-stream.ts'

/** Cohere Command R and R+: the message beside its history, tools with parameter definitions. */
const cohereRequest = structure(
  {
    message: { type: 'string', minimum: 1 },
    chat_history: list(structure({ role: oneOf('USER', 'CHATBOT', 'SYSTEM', 'TOOL'), message: text }, ['role'])),
    preamble: text,
    documents: list(structure({})),
    max_tokens: integer(1),
    temperature: number(0, 1),
    p: number(0, 1),
    k: number(0, 500),
    stop_sequences: list(text),
    tools: list(structure({ name: text, description: text, parameter_definitions: structure({}) }, ['name'])),
    response_format: structure({ type: oneOf('text', 'json_object'), schema: structure({}) }),
    tool_results: list(
      structure({ call: structure({ name: text, parameters: structure({}) }, ['name']), outputs: list(document) }, [
        'call',
        'outputs',
      ]),
    ),
  },
  ['message'],
)

export const cohereChat: ChatFamily = {
  kind: 'chat',
  parseRequest(body) {
    requireShape(body, cohereRequest, describeForModel)
    return {
      request: readRequest(body),
      rules: { wording: nativeWording, toolsDeclared: true, isConverse: false },
    }
  },
  renderAnswer: renderCohereAnswer,
  renderStream: renderCohereStream,
}

function readRequest(body: JsonObject): ConversationRequest {
  const history = readObjects(body.chat_history)
  const systems = [body.preamble, ...history.filter(({ role }) => role === 'SYSTEM').map(({ message }) => message)]
  return {
    system: systems.flatMap((system) => readString(system) ?? []).join('\n\n'),
    turns: [
      ...history.flatMap(readHistoryTurn),
      textTurn('user', body.message),
      ...readToolResults(readObjects(body.tool_results)),
    ].flat(),
    tools: readObjects(body.tools).map(readTool),
    toolChoice: { kind: 'auto' },
    parameters: {
      ...omitUndefined({
        maxTokens: readNumber(body.max_tokens),
        temperature: readNumber(body.temperature),
        topP: readNumber(body.p),
        topK: readNumber(body.k),
        outputSchema: readOutputFormat(body),
      }),
      stopSequences: readStrings(body.stop_sequences),
      reasoning: false,
    },
  }
}

function readHistoryTurn({ role, message }: JsonObject): Turn[] {
  if (role !== 'USER' && role !== 'CHATBOT') return []
  return textTurn(role === 'USER' ? 'user' : 'assistant', message)
}

function textTurn(role: Turn['role'], message: JsonValue | undefined): Turn[] {
  const text = readString(message) ?? ''
  return text === '' ? [] : [{ role, blocks: [{ kind: 'text', text }], path: ['message'] }]
}

/** Splits results, which come with their calls, into two turns. */
function readToolResults(results: readonly JsonObject[]): Turn[] {
  if (results.length === 0) return []
  const calls = results.map(({ call }, index): ContentBlock => {
    const { name, parameters } = readObject(call) ?? {}
    return { kind: 'toolUse', id: `call_${index}`, name: readString(name) ?? '', input: parameters ?? {} }
  })
  const answers = results.map(({ outputs }, index): ContentBlock => {
    const text = JSON.stringify(outputs ?? [])
    return { kind: 'toolResult', id: `call_${index}`, isError: false, blocks: [{ kind: 'text', text }] }
  })
  return [
    { role: 'assistant', blocks: calls, path: ['tool_results'] },
    { role: 'user', blocks: answers, path: ['tool_results'] },
  ]
}

/** Cohere writes Python's names of types. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
])

function readTool({ name, description, parameter_definitions }: JsonObject): Tool {
  const parameters = Object.entries(readObject(parameter_definitions) ?? {})
  const properties = parameters.map(([key, value]): [string, JsonObject] => {
    const type = readString(readObject(value)?.type) ?? 'str'
    return [key, { type: TYPES.get(type.toLowerCase().replace(/\[.*$/s, '')) ?? type }]
  })
  const required = parameters.filter(([, value]) => readObject(value)?.required === true).map(([key]) => key)
  return {
    ...omitUndefined({ description: readString(description) }),
    name: readString(name) ?? '',
    inputSchema: { type: 'object', properties: Object.fromEntries(properties), required },
  }
}

function renderCohereAnswer(answer: ModelAnswer, { request, id }: RenderContext): JsonObject {
  const calls = answer.blocks.flatMap((block) =>
    block.kind === 'toolUse' ? [{ name: block.name, parameters: block.input }] : [],
  )
  const text = readText(answer.blocks)
  const history = request.turns.map(({ role, blocks }) => ({
    role: role === 'user' ? 'USER' : 'CHATBOT',
    message: readText(blocks),
  }))
  return {
    response_id: `${id}-response`,
    text,
    generation_id: `${id}-generation`,
    chat_history: [...history, { role: 'CHATBOT', message: text }],
    finish_reason: renderFinish(answer.stopReason),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

function renderFinish(stopReason: StopReason): string {
  return stopReason === 'max_tokens' ? 'MAX_TOKENS' : 'COMPLETE'
}

/** Renders text in pieces and each tool call as a whole. The end does not repeat the text, which may be of any length. */
function renderCohereStream({ id }: RenderContext): StreamRenderer {
  const separate = createSeparator()
  const renderText = (text: string): JsonObject => ({ event_type: 'text-generation', text, is_finished: false })
  let input = ''
  return (event) => {
    switch (event.kind) {
      case 'answer-start':
        return [{ event_type: 'stream-start', generation_id: `${id}-generation`, is_finished: false }]
      case 'block-start':
        input = ''
        return event.block.kind === 'text' ? separate().map(renderText) : []
      case 'block-delta':
        if (event.block.kind === 'text') return [renderText(event.text)]
        if (event.block.kind === 'toolUse') input += event.text
        return []
      case 'block-stop':
        return event.block.kind === 'toolUse' ? [renderToolCalls(event.block.name, input)] : []
      case 'answer-stop':
        return [{ event_type: 'stream-end', finish_reason: renderFinish(event.stopReason), is_finished: true }]
    }
  }
}

function renderToolCalls(name: string, input: string): JsonObject {
  const calls = [{ name, parameters: parseToolInput(input) }]
  return { event_type: 'tool-calls-generation', tool_calls: calls, is_finished: false }
}
