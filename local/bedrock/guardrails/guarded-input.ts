import { readText } from '../conversation/read-text.ts'
import type { ContentBlock, ConversationRequest } from '../conversation/types.ts'

/** Guarded parts of a request, with sources and query. */
export interface GuardedInput {
  readonly texts: readonly string[]
  /** All text of the messages, for word lists. */
  readonly everything: readonly string[]
  readonly sources: readonly string[]
  readonly queries: readonly string[]
}

type TextBlock = Extract<ContentBlock, { kind: 'text' }>

/**
 * Selects guarded blocks when the messages have any, else tagged text, else all text of the messages. System prompts are
 * selected only when guarded. Source: Bedrock user guide, "Include a guardrail with the Converse API" and "Apply tags to
 * user input".
 */
export function selectInput(request: ConversationRequest, tag: string | undefined): GuardedInput {
  const blocks = textBlocks(request)
  const guarded = blocks.filter(isMarked)
  const text = readText(guarded.length > 0 ? guarded.filter(isGuarded) : blocks)
  const tagged = tag === undefined ? [] : findTagged(text, `guardContent_${tag}`)
  const tagsOf = (name: string): readonly string[] => (tag === undefined ? [] : findTagged(text, `${name}_${tag}`))
  return {
    texts: [...(tagged.length > 0 ? tagged : [text]), ...(request.guardedSystem ?? [])],
    everything: [readText(blocks), ...(request.guardedSystem ?? [])],
    sources: [...textsWith(guarded, 'grounding_source'), ...tagsOf('groundingSource')],
    queries: [...textsWith(guarded, 'query'), ...tagsOf('query')],
  }
}

/** Applies `change` to each text that {@link selectInput} selects. */
export function changeInput(
  request: ConversationRequest,
  tag: string | undefined,
  change: (text: string) => string,
): ConversationRequest {
  const hasGuarded = textBlocks(request).some(isMarked)
  const name = `guardContent_${tag}`
  const hasTagged = tag !== undefined && findTagged(readText(textBlocks(request)), name).length > 0
  const changeBlock = (block: ContentBlock): ContentBlock => {
    if (block.kind !== 'text' || (hasGuarded && !isGuarded(block))) return block
    return { ...block, text: hasTagged ? changeTagged(block.text, name, change) : change(block.text) }
  }
  return { ...request, turns: request.turns.map((turn) => ({ ...turn, blocks: turn.blocks.map(changeBlock) })) }
}

function textBlocks({ turns }: ConversationRequest): TextBlock[] {
  return turns.flatMap(({ blocks }) => blocks.filter((block) => block.kind === 'text'))
}

function isMarked({ qualifiers }: TextBlock): boolean {
  return qualifiers !== undefined
}

/** True for guarded content. Sources and queries are guarded only with that qualifier. */
export function isGuarded({ qualifiers }: Pick<TextBlock, 'qualifiers'>): boolean {
  return qualifiers !== undefined && (qualifiers.length === 0 || qualifiers.includes('guard_content'))
}

function textsWith(blocks: readonly TextBlock[], qualifier: string): string[] {
  return blocks.filter(({ qualifiers }) => qualifiers?.includes(qualifier)).map(({ text }) => text)
}

const TAG_PREFIX = 'amazon-bedrock-guardrails-'

function tagsFor(name: string): readonly [opening: string, closing: string] {
  return [`<${TAG_PREFIX}${name}>`, `</${TAG_PREFIX}${name}>`]
}

function findTagged(text: string, name: string): string[] {
  const [opening, closing] = tagsFor(name)
  const opened = text.split(opening).slice(1)
  return opened.flatMap((part) => (part.includes(closing) ? part.split(closing, 1) : []))
}

function changeTagged(text: string, name: string, change: (text: string) => string): string {
  const [opening, closing] = tagsFor(name)
  const [before = '', ...opened] = text.split(opening)
  const changed = opened.map((part) => {
    const end = part.indexOf(closing)
    return end < 0 ? part : change(part.slice(0, end)) + part.slice(end)
  })
  return [before, ...changed].join(opening)
}
