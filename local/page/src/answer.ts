import type { ContentBlock, StreamData, Usage } from './bedrock.ts'

/** Part of an answer while it streams. Text arrives in pieces, which are joined once, at the end. */
export interface AnswerPart {
  readonly kind: 'text' | 'reasoning' | 'tool' | 'redacted'
  readonly pieces: string[]
  signature: string
  readonly tool?: { readonly toolUseId: string; readonly name: string }
  readonly citations: unknown[]
}

/** An answer of ConverseStream. It is changed in place: a long stream has 100,000 events. */
export interface Answer {
  readonly parts: Map<number, AnswerPart>
  characters: number
  stopReason?: string
  usage?: Usage
  costUsd?: number | null
  error?: { readonly type: string; readonly message: string }
  readonly startedAt: number
  firstTokenAt?: number
  endedAt?: number
}

export function startAnswer(now: number): Answer {
  return { parts: new Map(), characters: 0, startedAt: now }
}

/** Adds one event to the answer. */
export function addEvent(answer: Answer, name: string, data: StreamData, now: number): void {
  if (name === 'error') answer.error = { type: data.type ?? 'error', message: data.message ?? '' }
  if (data.stopReason !== undefined) answer.stopReason = data.stopReason
  if (data.usage) answer.usage = data.usage
  if (data.estimatedCost) answer.costUsd = data.estimatedCost.usd
  const index = data.contentBlockIndex ?? 0
  if (data.start?.toolUse) answer.parts.set(index, newPart('tool', data.start.toolUse))
  if (data.delta) addDelta(answer, index, data.delta, now)
}

function addDelta(answer: Answer, index: number, delta: NonNullable<StreamData['delta']>, now: number): void {
  const { text, reasoningContent, toolUse, citation } = delta
  if (text !== undefined) addPiece(answer, partOf(answer, index, 'text'), text, now)
  if (toolUse) addPiece(answer, partOf(answer, index, 'tool'), toolUse.input, now)
  if (citation !== undefined) partOf(answer, index, 'text').citations.push(citation)
  if (!reasoningContent) return
  const { text: thought, signature, redactedContent } = reasoningContent
  if (thought !== undefined) addPiece(answer, partOf(answer, index, 'reasoning'), thought, now)
  if (signature !== undefined) partOf(answer, index, 'reasoning').signature += signature
  if (redactedContent !== undefined) addPiece(answer, partOf(answer, index, 'redacted'), redactedContent, now)
}

function addPiece(answer: Answer, part: AnswerPart, piece: string, now: number): void {
  part.pieces.push(piece)
  answer.characters += piece.length
  answer.firstTokenAt ??= now
}

function partOf(answer: Answer, index: number, kind: AnswerPart['kind']): AnswerPart {
  const known = answer.parts.get(index)
  if (known) return known
  const part = newPart(kind)
  answer.parts.set(index, part)
  return part
}

function newPart(kind: AnswerPart['kind'], tool?: AnswerPart['tool']): AnswerPart {
  return { kind, pieces: [], signature: '', citations: [], ...(tool && { tool }) }
}

/** Content blocks of the answer, to be sent back with the next turn. */
export function toContent(answer: Answer): ContentBlock[] {
  return [...answer.parts.entries()]
    .sort(([first], [second]) => first - second)
    .flatMap(([, part]) => toBlock(part) ?? [])
}

function toBlock({ kind, pieces, signature, tool, citations }: AnswerPart): ContentBlock | undefined {
  const text = pieces.join('')
  switch (kind) {
    case 'tool':
      return tool && { toolUse: { ...tool, input: parseInput(text) } }
    case 'redacted':
      return { reasoningContent: { redactedContent: text } }
    case 'reasoning':
      return { reasoningContent: { reasoningText: { text, ...(signature !== '' && { signature }) } } }
    case 'text':
      if (citations.length > 0) return { citationsContent: { content: [{ text }], citations } }
      return text === '' ? undefined : { text }
  }
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text === '' ? '{}' : text)
  } catch {
    return {}
  }
}

/** Tokens per second after the first token; undefined where the answer is too short to tell. */
export function tokensPerSecond({ usage, firstTokenAt, endedAt }: Answer): number | undefined {
  const tokens = usage?.outputTokens ?? 0
  if (firstTokenAt === undefined || endedAt === undefined || tokens < 2 || endedAt <= firstTokenAt) return undefined
  return (1000 * tokens) / (endedAt - firstTokenAt)
}
