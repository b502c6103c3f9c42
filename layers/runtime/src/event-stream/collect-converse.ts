import type { Frame } from './frame-reader.ts'

type Document = Record<string, unknown>

/** The events of a ConverseStream put together into the answer that Converse would have given. */
export interface ConverseCollector {
  /** Takes one event, by its name and payload. */
  add(name: string, frame: Frame): void
  /** Whether the model's own end was among them. */
  readonly isComplete: boolean
  /** The document of a ConverseResponse. */
  readonly answer: Document
}

interface Block {
  readonly start: Document
  readonly parts: Document[]
}

export function collectConverse(): ConverseCollector {
  let role: unknown = 'assistant'
  const blocks = new Map<number, Block>()
  let stop: Document | undefined
  let metadata: Document | undefined

  function blockAt(index: unknown): Block {
    const key = Number(index ?? 0)
    const block = blocks.get(key) ?? { start: {}, parts: [] }
    blocks.set(key, block)
    return block
  }

  return {
    add(name, { payload }) {
      const { p: _, ...event } = JSON.parse(payload.toString()) as Document
      if (name === 'messageStart') role = event.role
      else if (name === 'contentBlockStart') Object.assign(blockAt(event.contentBlockIndex).start, event.start)
      else if (name === 'contentBlockDelta') blockAt(event.contentBlockIndex).parts.push(asDocument(event.delta))
      else if (name === 'messageStop') stop = event
      else if (name === 'metadata') metadata = event
    },
    get isComplete() {
      return stop !== undefined && metadata !== undefined
    },
    get answer() {
      const content = [...blocks].sort(([a], [b]) => a - b).map(([, block]) => joinBlock(block))
      return { output: { message: { role, content } }, ...stop, ...metadata }
    },
  }
}

function joinBlock({ start, parts }: Block): Document {
  const members = mergeParts(parts)
  if ('citation' in members) {
    const { text = '' } = members
    const citations = parts.flatMap(({ citation }) => (citation === undefined ? [] : [citation]))
    return { citationsContent: { content: [{ text }], citations } }
  }
  if ('toolUse' in start || 'toolUse' in members) {
    const { input = '', ...rest } = { ...asDocument(start.toolUse), ...asDocument(members.toolUse) }
    return { toolUse: { ...rest, input: parseToolInput(String(input)) } }
  }
  if ('toolResult' in start) {
    return { toolResult: { ...asDocument(start.toolResult), content: members.toolResult ?? [] } }
  }
  if ('reasoningContent' in members) {
    const { redactedContent, ...reasoningText } = asDocument(members.reasoningContent)
    return { reasoningContent: redactedContent === undefined ? { reasoningText } : { redactedContent } }
  }
  if ('image' in start) return { image: { ...asDocument(start.image), ...asDocument(members.image) } }
  const block = mergeParts([start, members])
  // A block without any part is an empty text, as a model gives that has nothing to say.
  return Object.keys(block).length > 0 ? block : { text: '' }
}

/** Text goes behind text, a list's items behind those before; of anything else the last one counts. */
function mergeParts(parts: readonly Document[]): Document {
  const merged: Document = {}
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) {
      const before = merged[name]
      if (typeof before === 'string' && typeof value === 'string') merged[name] = before + value
      else if (Array.isArray(before) && Array.isArray(value)) merged[name] = [...before, ...value]
      else if (isDocument(before) && isDocument(value)) merged[name] = mergeParts([before, value])
      else merged[name] = value
    }
  }
  return merged
}

/** Converse gives a tool's input as a document; what a model left unfinished stays the text that it is. */
function parseToolInput(input: string): unknown {
  if (input === '') return {}
  try {
    return JSON.parse(input)
  } catch {
    return input
  }
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asDocument(value: unknown): Document {
  return isDocument(value) ? value : {}
}
