import { RestError, type RestReply } from '../core/errors.ts'
import { encodeEvent } from '../event-stream/frame-codec.ts'
import { type Frame, FrameReader } from '../event-stream/frames.ts'
import type { StreamFormat } from '../event-stream/stream-format.ts'
import { type JsonValue, readJsonObject } from '../json/json-document.ts'
import type { ModelFacts } from './openai/model-facts.ts'

/** Chooses the operation of a translated call: some models do not stream the use of tools, so their whole answer is asked for. */
export function converseOperation(
  streams: boolean,
  hasTools: boolean,
  { refuses }: Pick<ModelFacts, 'refuses'>,
): 'Converse' | 'ConverseStream' {
  return streams && !(hasTools && refuses.has('streamedTools')) ? 'ConverseStream' : 'Converse'
}

/** Writes a whole answer of Converse as a stream of the contract. */
export function streamAnswer(reply: RestReply, format: StreamFormat): RestReply {
  const headers = { ...reply.headers, ...format.headers, 'content-type': format.contentType }
  return { ...reply, headers, body: format.encode(toFrames(reply)) }
}

/** Turns a whole answer of Converse into the frames of ConverseStream. Values are copied. */
export function toFrames({ body }: Pick<RestReply, 'body'>): Frame[] {
  const { root } = readJsonObject(body, "the model's answer")
  const message = root.get('output')?.get('message')
  if (!message) throw new RestError('ModelErrorException', 424, "The model's answer has no message.")
  const blocks = message.get('content')?.items ?? []
  const metadata = root.members.filter(
    ({ name }) => !['output', 'stopReason', 'additionalModelResponseFields'].includes(name),
  )
  const bytes = Buffer.concat([
    encodeEvent('messageStart', '{"role":"assistant"}'),
    ...blocks.flatMap(encodeBlock),
    encodeEvent('messageStop', `{"stopReason":${textOf(root.get('stopReason')) || '"end_turn"'}}`),
    encodeEvent(
      'metadata',
      `{${metadata.map(({ name, value }) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`,
    ),
  ])
  return new FrameReader().push(bytes)
}

function encodeBlock(block: JsonValue, index: number): Buffer[] {
  const at = `"contentBlockIndex":${index}`
  const delta = (member: string) => encodeEvent('contentBlockDelta', `{${at},"delta":{${member}}}`)
  const stop = encodeEvent('contentBlockStop', `{${at}}`)
  const text = block.get('text')
  if (text) return [delta(`"text":${textOf(text)}`), stop]
  const cited = block.get('citationsContent')
  if (cited) {
    const texts = (cited.get('content')?.items ?? []).flatMap((part) => part.get('text') ?? [])
    const citations = cited.get('citations')?.items ?? []
    return [
      ...texts.map((part) => delta(`"text":${textOf(part)}`)),
      ...citations.map((citation) => delta(`"citation":${textOf(citation)}`)),
      stop,
    ]
  }
  const use = block.get('toolUse')
  if (use) {
    const members = use.members.filter(({ name }) => name !== 'input')
    const start = members.map(({ name, value }) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')
    return [
      encodeEvent('contentBlockStart', `{${at},"start":{"toolUse":{${start}}}}`),
      delta(`"toolUse":{"input":${JSON.stringify(textOf(use.get('input')) || '{}')}}`),
      stop,
    ]
  }
  const reasoning = block.get('reasoningContent')
  const redacted = reasoning?.get('redactedContent')
  if (redacted) return [delta(`"reasoningContent":{"redactedContent":${textOf(redacted)}}`), stop]
  const parts = reasoning?.get('reasoningText')?.members ?? []
  return [
    ...parts.map(({ name, value }) => delta(`"reasoningContent":{${JSON.stringify(name)}:${textOf(value)}}`)),
    stop,
  ]
}

function textOf(value: JsonValue | undefined): string {
  return value?.bytes.toString() ?? ''
}
