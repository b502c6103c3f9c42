import { encodeEvent } from '../../event-stream/frame-codec.ts'
import { type JsonValue, readJsonObject } from '../../json/json-document.ts'

/** Translator of a session's events into those of ConverseStream. */
export interface TurnTranslator {
  /** Translates the JSON document of a chunk into frames. */
  add(document: Uint8Array): Buffer[]
  /** True once the answer is complete, so that the session may end. */
  readonly isAnswered: boolean
  /** Makes the last frames: messageStop, and metadata with the usage. */
  finish(latencyMs: number): Buffer[]
}

type Kind = 'transcript' | 'text' | 'spoken' | 'audio' | 'tool'

interface Content {
  readonly kind: Kind
  readonly index: number
}

/**
 * Translates Nova Sonic's events into those of ConverseStream, with two of our own: `transcript` with what the user said, and
 * `interrupted` after speech that the user cut off. Audio is a content block of Converse's form.
 *
 * The planned text (SPECULATIVE) is the text of the answer, since it comes before the audio. The text that was spoken (FINAL)
 * is left out: nobody interrupts a turn, so it is the same. Values are copied, not printed again.
 */
export function createTurnTranslator(): TurnTranslator {
  const contents = new Map<string, Content>()
  let blocks = 0
  let isStarted = false
  let isAnswered = false
  let wasInterrupted = false
  let stopReason = 'end_turn'
  let usage: JsonValue | undefined

  function start(body: JsonValue): Buffer[] {
    const kind = kindOf(body)
    const isBlock = kind === 'text' || kind === 'audio' || kind === 'tool'
    const index = isBlock ? blocks++ : -1
    contents.set(idOf(body), { kind, index })
    if (kind !== 'audio') return []
    const { mediaType, encoding, ...configuration } = (body.get('audioOutputConfiguration')?.parse() ?? {}) as Record<
      string,
      unknown
    >
    return [
      encodeBlock(
        'contentBlockStart',
        index,
        `"start":{"audio":${JSON.stringify({ format: 'pcm', ...configuration })}}`,
      ),
    ]
  }

  function translate(name: string, body: JsonValue): Buffer[] {
    const content = contents.get(idOf(body))
    const value = body.get('content')?.bytes.toString() ?? '""'
    switch (name) {
      case 'completionStart':
        if (isStarted) return []
        isStarted = true
        return [encodeEvent('messageStart', '{"role":"assistant"}')]
      case 'contentStart':
        return start(body)
      case 'textOutput':
        if (content?.kind === 'transcript') return [encodeEvent('transcript', `{"text":${value}}`)]
        return content?.kind === 'text'
          ? [encodeBlock('contentBlockDelta', content.index, `"delta":{"text":${value}}`)]
          : []
      case 'audioOutput':
        if (content?.kind !== 'audio') return []
        return [encodeBlock('contentBlockDelta', content.index, `"delta":{"audio":{"source":{"bytes":${value}}}}`)]
      case 'toolUse':
        return content ? translateToolUse(content, body, value) : []
      case 'contentEnd':
        return end(content, body.get('stopReason')?.text)
      case 'usageEvent':
        usage = body
        return []
      case 'completionEnd':
        // The answer to what the user went on to say follows.
        isAnswered = !wasInterrupted
        wasInterrupted = false
        return []
      default:
        return []
    }
  }

  function end(content: Content | undefined, reason: string | undefined): Buffer[] {
    if (reason === 'TOOL_USE') {
      stopReason = 'tool_use'
      isAnswered = true
    }
    const stops = content && content.index >= 0 ? [encodeBlock('contentBlockStop', content.index)] : []
    if (reason !== 'INTERRUPTED') return stops
    wasInterrupted = true
    return [...stops, encodeEvent('interrupted', '{}')]
  }

  return {
    get isAnswered() {
      return isAnswered
    },
    add(document) {
      const [event] = readJsonObject(document, 'an event of the session').root.get('event')?.members ?? []
      return event ? translate(event.name, event.value) : []
    },
    finish(latencyMs) {
      if (!isAnswered) return []
      const metadata = { usage: usageOf(usage), metrics: { latencyMs } }
      return [
        encodeEvent('messageStop', JSON.stringify({ stopReason })),
        encodeEvent('metadata', JSON.stringify(metadata)),
      ]
    },
  }
}

function translateToolUse({ index }: Content, body: JsonValue, input: string): Buffer[] {
  const [id, name] = ['toolUseId', 'toolName'].map((member) => body.get(member)?.bytes.toString() ?? '""')
  return [
    encodeBlock('contentBlockStart', index, `"start":{"toolUse":{"toolUseId":${id},"name":${name}}}`),
    encodeBlock('contentBlockDelta', index, `"delta":{"toolUse":{"input":${input}}}`),
  ]
}

function encodeBlock(name: string, index: number, member?: string): Buffer {
  return encodeEvent(name, `{"contentBlockIndex":${index}${member === undefined ? '' : `,${member}`}}`)
}

function idOf(body: JsonValue): string {
  return body.get('contentId')?.text ?? ''
}

function kindOf(body: JsonValue): Kind {
  const type = body.get('type')?.text
  if (type === 'AUDIO') return 'audio'
  if (type === 'TOOL') return 'tool'
  if (body.get('role')?.text === 'USER') return 'transcript'
  return body.get('additionalModelFields')?.text?.includes('SPECULATIVE') ? 'text' : 'spoken'
}

interface TokenCounts {
  readonly speechTokens?: number
  readonly textTokens?: number
}

/** Returns the usage of the session in Converse's form. The counts of speech are part of the totals. */
function usageOf(event: JsonValue | undefined): Record<string, number> {
  const total = event?.get('details')?.get('total')
  const input = (total?.get('input')?.parse() ?? {}) as TokenCounts
  const output = (total?.get('output')?.parse() ?? {}) as TokenCounts
  const count = (name: string) => Number(event?.get(name)?.bytes.toString() ?? 0)
  return {
    inputTokens: count('totalInputTokens'),
    outputTokens: count('totalOutputTokens'),
    totalTokens: count('totalTokens'),
    inputSpeechTokens: input.speechTokens ?? 0,
    outputSpeechTokens: output.speechTokens ?? 0,
  }
}
