import type { AnswerBlock, CitableSource, Citation, ContentBlock, ConversationRequest } from '../conversation/types.ts'
import { findSignificantWords, indexWords } from './words.ts'

/** Most sources that an answer cites. */
const MAX_SOURCES = 3

/** Most characters of a source that are read. */
const MAX_CHARACTERS = 200_000

interface Passage {
  readonly citation: Citation
  /** Number of words that it has in common with the prompt. */
  readonly score: number
}

/** Quotes the sentences of the citable sources that fit the prompt best, each in a text of its own with its citation. */
export function citeSources({ turns }: ConversationRequest, prompt: string): AnswerBlock[] {
  const sources = turns.flatMap(({ blocks }) => blocks.flatMap(findSources))
  const passages = sources.flatMap((source) => findPassage(source, prompt) ?? [])
  const fitting = passages.filter(({ score }) => score > 0).toSorted((one, other) => other.score - one.score)
  return (fitting.length > 0 ? fitting : passages).slice(0, MAX_SOURCES).map(({ citation }) => ({
    kind: 'text',
    text: citation.text.trimEnd(),
    citations: [citation],
  }))
}

function findSources(block: ContentBlock): CitableSource[] {
  if (block.kind === 'toolResult') return block.blocks.flatMap(findSources)
  return 'citable' in block && block.citable ? [block.citable] : []
}

function findPassage(source: CitableSource, prompt: string): Passage | undefined {
  if (source.kind === 'pages') {
    const text = `Page 1 of ${source.title ?? 'the document'}`
    return { citation: { source, text, start: 1, end: 2 }, score: 0 }
  }
  const spoken = indexWords(prompt)
  const passages =
    source.kind === 'characters'
      ? splitSentences(source.texts.join('\n'))
      : source.texts.map((text, chunk) => ({ text, start: chunk, end: chunk + 1 }))
  const rated = passages.map((passage): Passage => {
    const score = findSignificantWords(passage.text.slice(0, MAX_CHARACTERS)).filter(spoken.has).length
    return { citation: { source, ...passage }, score }
  })
  const [first] = rated
  return first && rated.reduce((best, passage) => (passage.score > best.score ? passage : best), first)
}

/** Splits a text into sentences, each with the white space behind it. */
function splitSentences(text: string): { text: string; start: number; end: number }[] {
  const found = text.slice(0, MAX_CHARACTERS).matchAll(/\S[^.!?。!?\n]*[.!?。!?]?\s*/g)
  return [...found].map(({ 0: sentence, index }) => ({ text: sentence, start: index, end: index + sentence.length }))
}
