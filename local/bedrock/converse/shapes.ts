import { projectIdentifier } from '../projects/projects.ts'
import {
  blob,
  boolean,
  document,
  integer,
  list,
  type Members,
  number,
  oneOf,
  type Shape,
  structure,
  text,
  union,
} from '../shapes/shape.ts'

/** Structures of Converse and CountTokens. Source: the service model of bedrock-runtime 2023-09-30. */

const NAME: Shape = { type: 'string', minimum: 1, maximum: 64, pattern: /^[a-zA-Z0-9_-]+$/ }
const TOOL_USE_ID: Shape = { type: 'string', minimum: 1, maximum: 64, pattern: /^[a-zA-Z0-9_.:-]+$/ }

const mediaSource = union({
  bytes: blob,
  s3Location: structure(
    {
      uri: { type: 'string', minimum: 1, maximum: 1_024, pattern: /^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](\/.*)?$/ },
      bucketOwner: { type: 'string', pattern: /^[0-9]{12}$/ },
    },
    ['uri'],
  ),
})

function media(...formats: string[]): Shape {
  return structure({ format: oneOf(...formats), source: mediaSource }, ['format', 'source'])
}

const image = media('png', 'jpeg', 'gif', 'webp')
const video = media('mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp')
const AUDIO_FORMATS = 'mp3 opus wav aac flac mp4 ogg mkv mka x-aac m4a mpeg mpga pcm webm'.split(' ')

const documentBlock = structure(
  {
    format: oneOf('pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'),
    name: { type: 'string', minimum: 1, maximum: 200 },
    source: union({
      bytes: blob,
      s3Location: structure({ uri: text, bucketOwner: text }, ['uri']),
      text,
      content: list(union({ text })),
    }),
    context: text,
    citations: structure({ enabled: boolean }, ['enabled']),
  },
  ['name', 'source'],
)

const searchResult = structure(
  {
    source: text,
    title: text,
    content: list(structure({ text }, ['text'])),
    citations: structure({ enabled: boolean }),
  },
  ['source', 'title', 'content'],
)

const cachePoint = structure({ type: oneOf('default'), ttl: oneOf('5m', '1h') }, ['type'])

const guardContent = union({
  text: structure({ text, qualifiers: list(oneOf('grounding_source', 'query', 'guard_content')) }, ['text']),
  image: structure({ format: oneOf('png', 'jpeg'), source: union({ bytes: blob }) }, ['format', 'source']),
})

const toolReference = structure({ tool: structure({ type: text, name: text, serverName: text }) }, ['tool'])

const toolResultContent = union({ json: document, text, image, document: documentBlock, video, searchResult })

const CONTENT_BLOCK: Members = {
  text,
  image,
  document: documentBlock,
  video,
  audio: media(...AUDIO_FORMATS),
  toolUse: structure(
    { toolUseId: TOOL_USE_ID, name: NAME, input: document, type: oneOf('server_tool_use', 'tool_use') },
    ['toolUseId', 'name', 'input'],
  ),
  toolResult: structure(
    { toolUseId: TOOL_USE_ID, content: list(toolResultContent), status: oneOf('success', 'error'), type: text },
    ['toolUseId', 'content'],
  ),
  guardContent,
  cachePoint,
  reasoningContent: union({
    reasoningText: structure({ text, signature: text }, ['text']),
    redactedContent: blob,
  }),
  citationsContent: structure({ content: list(union({ text })), citations: list(document) }),
  searchResult,
  toolAddition: toolReference,
  toolRemoval: toolReference,
}

const message = structure({ role: oneOf('user', 'assistant', 'system'), content: list(union(CONTENT_BLOCK)) }, [
  'role',
  'content',
])

const toolConfig = structure(
  {
    tools: list(
      union({
        toolSpec: structure(
          {
            name: NAME,
            description: { type: 'string', minimum: 1 },
            inputSchema: union({ json: structure({}) }),
            strict: boolean,
          },
          ['name', 'inputSchema'],
        ),
        systemTool: structure({ name: NAME }, ['name']),
        cachePoint,
      }),
      1,
    ),
    toolChoice: union({ auto: structure({}), any: structure({}), tool: structure({ name: NAME }, ['name']) }),
  },
  ['tools'],
)

const METADATA_TEXT = /^[a-zA-Z0-9\s:_@$#=/+,\-.]*$/

export const conversation: Members = {
  messages: list(message),
  system: list(union({ text: { type: 'string', minimum: 1 }, guardContent, cachePoint })),
  toolConfig,
  additionalModelRequestFields: structure({}),
}

export const outputConfig = structure({
  textFormat: structure(
    {
      type: oneOf('json_schema'),
      structure: union({ jsonSchema: structure({ schema: text, name: text, description: text }, ['schema']) }),
    },
    ['type', 'structure'],
  ),
  effort: { type: 'string', maximum: 16 },
})

export const converseRequest = structure(
  {
    ...conversation,
    inferenceConfig: structure({
      maxTokens: integer(1),
      temperature: number(0, 1),
      topP: number(0, 1),
      stopSequences: list({ type: 'string', minimum: 1 }, 0, 2_500),
    }),
    guardrailConfig: structure({
      guardrailIdentifier: { type: 'string', maximum: 2_048 },
      guardrailVersion: text,
      trace: oneOf('enabled', 'disabled', 'enabled_full'),
      streamProcessingMode: oneOf('sync', 'async'),
    }),
    additionalModelResponseFieldPaths: list({ type: 'string', minimum: 1, maximum: 256 }, 0, 10),
    promptVariables: { type: 'map', values: union({ text }) },
    requestMetadata: {
      type: 'map',
      keys: { type: 'string', minimum: 1, maximum: 256, pattern: METADATA_TEXT },
      values: { type: 'string', maximum: 256, pattern: METADATA_TEXT },
      minimum: 1,
      maximum: 16,
    },
    performanceConfig: structure({ latency: oneOf('standard', 'optimized') }),
    projectIdentifier,
    serviceTier: structure({ type: oneOf('priority', 'default', 'flex', 'reserved') }, ['type']),
    outputConfig,
  },
  ['messages'],
)

export const countTokensRequest = structure(
  {
    input: union({
      invokeModel: structure({ body: blob }, ['body']),
      converse: structure(conversation, ['messages']),
    }),
  },
  ['input'],
)
