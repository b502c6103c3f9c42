import {
  boolean,
  document,
  either,
  integer,
  list,
  type Members,
  number,
  oneOf,
  type Shape,
  structure,
  text,
} from '../../shapes/shape.ts'

/** Anthropic's Messages body on Bedrock: model and streaming are in the URL, the version is in the body. */

const cacheControl: Members = {
  cache_control: structure({ type: oneOf('ephemeral'), ttl: oneOf('5m', '1h') }, ['type']),
}

const citations = structure({ enabled: boolean })

const textBlock = structure({ text, ...cacheControl }, ['text'])

const image = structure(
  {
    source: {
      type: 'tagged',
      variants: {
        base64: structure(
          {
            media_type: oneOf('image/png', 'image/jpeg', 'image/gif', 'image/webp'),
            data: { type: 'blob' },
          },
          ['media_type', 'data'],
        ),
      },
    },
    ...cacheControl,
  },
  ['source'],
)

const documentBlock = structure(
  {
    source: {
      type: 'tagged',
      variants: {
        base64: structure({ media_type: oneOf('application/pdf'), data: { type: 'blob' } }, ['media_type', 'data']),
        text: structure({ media_type: text, data: text }, ['data']),
        content: structure({ content: either(text, list(document)) }, ['content']),
      },
    },
    title: text,
    context: text,
    citations,
    ...cacheControl,
  },
  ['source'],
)

const searchResult = structure({ content: list(document), source: text, title: text, citations, ...cacheControl }, [
  'content',
  'source',
  'title',
])
const serverToolResult = structure({ tool_use_id: text, content: document }, ['tool_use_id'])
const toolUse = structure({ id: text, name: text, input: structure({}), ...cacheControl }, ['id', 'name', 'input'])

const toolResultContent: Shape = {
  type: 'tagged',
  variants: {
    text: textBlock,
    image,
    document: documentBlock,
    search_result: searchResult,
    tool_reference: structure({}),
  },
}

const contentBlock: Shape = {
  type: 'tagged',
  variants: {
    text: textBlock,
    image,
    document: documentBlock,
    search_result: searchResult,
    tool_use: toolUse,
    tool_result: structure(
      { tool_use_id: text, content: either(text, list(toolResultContent)), is_error: boolean, ...cacheControl },
      ['tool_use_id'],
    ),
    thinking: structure({ thinking: text, signature: text }, ['thinking']),
    redacted_thinking: structure({ data: text }, ['data']),
    // Blocks of Anthropic's own tools.
    server_tool_use: toolUse,
    web_search_tool_result: serverToolResult,
    web_fetch_tool_result: serverToolResult,
    code_execution_tool_result: serverToolResult,
    bash_code_execution_tool_result: serverToolResult,
    text_editor_code_execution_tool_result: serverToolResult,
    tool_search_tool_result: serverToolResult,
    mcp_tool_use: toolUse,
    mcp_tool_result: serverToolResult,
    // Changes of the tools, in messages of the role system.
    tool_addition: structure({ tool: structure({}) }, ['tool']),
    tool_removal: structure({ tool: structure({}) }, ['tool']),
    container_upload: structure({ file_id: text }),
  },
}

const TOOL_NAME: Shape = { type: 'string', minimum: 1, maximum: 128, pattern: /^[a-zA-Z0-9_-]+$/ }

export const claudeRequest = {
  ...structure(
    {
      anthropic_version: oneOf('bedrock-2023-05-31', '2026-10-21'),
      max_tokens: integer(1),
      messages: list(
        structure({ role: oneOf('user', 'assistant', 'system'), content: either(text, list(contentBlock)) }, [
          'role',
          'content',
        ]),
      ),
      system: either(text, list({ type: 'tagged', variants: { text: textBlock } })),
      temperature: number(0, 1),
      top_p: number(0, 1),
      top_k: integer(0),
      stop_sequences: list({ type: 'string', minimum: 1 }),
      tools: list(structure({ type: text, name: TOOL_NAME, description: text, input_schema: structure({}) }, ['name'])),
      tool_choice: {
        type: 'tagged',
        variants: {
          auto: structure({ disable_parallel_tool_use: boolean }),
          any: structure({ disable_parallel_tool_use: boolean }),
          tool: structure({ name: text, disable_parallel_tool_use: boolean }, ['name']),
          none: structure({}),
        },
      },
      // Checked with the rest of thinking, because the faults depend on its kind.
      thinking: document,
      output_config: structure({ effort: text, format: structure({ type: text, schema: structure({}) }) }),
      output_format: structure({ type: text, schema: structure({}) }),
      anthropic_beta: list(text),
      metadata: structure({ user_id: text }),
    },
    ['anthropic_version', 'max_tokens', 'messages'],
  ),
  refused: ['model', 'stream'],
}
