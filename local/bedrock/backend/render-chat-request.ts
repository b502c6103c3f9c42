import { readText } from '../conversation/read-text.ts'
import type { ContentBlock, ConversationRequest, MediaBlock, ToolChoice, Turn } from '../conversation/types.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { omitUndefined } from '../shapes/read-json.ts'

/** Renders a conversation as the body of OpenAI's POST /chat/completions. */
export function renderChatRequest(request: ConversationRequest, model: string): JsonObject {
  const { system, turns, tools, toolChoice, parameters } = request
  return {
    model,
    messages: [...(system === '' ? [] : [{ role: 'system', content: system }]), ...turns.flatMap(renderTurn)],
    ...omitUndefined({
      max_tokens: parameters.maxTokens,
      temperature: parameters.temperature,
      top_p: parameters.topP,
      response_format: parameters.outputSchema && {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: parameters.outputSchema },
      },
    }),
    // Servers accept four at most.
    ...(parameters.stopSequences.length > 0 && { stop: parameters.stopSequences.slice(0, 4) }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: 'function',
        function: { name, ...omitUndefined({ description }), parameters: inputSchema },
      })),
      tool_choice: renderToolChoice(toolChoice),
    }),
  }
}

function renderToolChoice(choice: ToolChoice): JsonValue {
  if (choice.kind === 'tool') return { type: 'function', function: { name: choice.name } }
  return choice.kind === 'any' ? 'required' : choice.kind
}

/** Renders a turn. Tool results become messages before the other content. */
function renderTurn({ role, blocks }: Turn): JsonObject[] {
  const results = blocks.flatMap((block) =>
    block.kind === 'toolResult' ? [{ role: 'tool', tool_call_id: block.id, content: readText(block.blocks) }] : [],
  )
  const calls = blocks.flatMap((block) =>
    block.kind === 'toolUse'
      ? [{ id: block.id, type: 'function', function: { name: block.name, arguments: JSON.stringify(block.input) } }]
      : [],
  )
  const parts = blocks.flatMap(renderPart)
  if (parts.length === 0 && calls.length === 0) return results
  const content = role === 'assistant' ? readText(blocks) : parts
  return [...results, { role, content, ...(calls.length > 0 && { tool_calls: calls }) }]
}

function renderPart(block: ContentBlock): JsonObject[] {
  if (block.kind === 'text') return [{ type: 'text', text: block.text }]
  return 'source' in block ? [renderMedium(block)] : []
}

function renderMedium({ kind, format, name, source }: MediaBlock): JsonObject {
  if (source.kind === 'text') return { type: 'text', text: source.text }
  if (source.kind === 'bytes' && kind === 'image') {
    const data = Buffer.from(source.bytes).toString('base64')
    return { type: 'image_url', image_url: { url: `data:image/${format};base64,${data}` } }
  }
  // Name the media that such servers do not accept.
  return { type: 'text', text: `[${kind} ${name ?? ''} ${format}]` }
}
