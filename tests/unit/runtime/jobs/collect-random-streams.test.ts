import { encodeEvent, FrameReader } from '@bedrock-functions/runtime/event-stream'
import { collectConverse } from '../../../../layers/runtime/src/event-stream/collect-converse.ts'

/**
 * Collects random valid streams and compares them with the answer from which they were made. The numbers are those of a fixed
 * seed, so that a failure can be repeated.
 */

type Random = () => number

/** Mulberry32, a small generator of numbers from 0 to 1. */
function createRandom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit)

function randomText(random: Random): string {
  const letters = ['a', ' ', '"', '\\', '\n', '\u0001', 'ü', '山', '🗻', '</script>', '{', '}', '\\u0041']
  return Array.from({ length: below(random, 12) }, () => letters[below(random, letters.length)]).join('')
}

/** Splits into pieces, of which some are empty. A surrogate pair may be split, too. */
function split(random: Random, text: string): string[] {
  const pieces: string[] = []
  for (let start = 0; start < text.length; ) {
    const length = below(random, 4)
    pieces.push(text.slice(start, start + length))
    start += length
  }
  return pieces
}

interface Part {
  /** Writes the block as Converse answers it. */
  readonly block: object
  readonly start?: object
  readonly deltas: readonly object[]
}

const toBase64 = (bytes: readonly number[]): string => Buffer.from(bytes).toString('base64')

function splitBytes(random: Random): { whole: string; pieces: string[] } {
  const bytes = Array.from({ length: below(random, 9) + 1 }, () => below(random, 256))
  const pieces: string[] = []
  for (let start = 0; start < bytes.length; ) {
    const length = below(random, 3) + 1
    pieces.push(toBase64(bytes.slice(start, start + length)))
    start += length
  }
  return { whole: toBase64(bytes), pieces }
}

const PARTS: readonly ((random: Random) => Part)[] = [
  (random) => {
    const text = randomText(random)
    return { block: { text }, deltas: [...split(random, text), ''].map((piece) => ({ text: piece })) }
  },
  (random) => {
    const input = { [randomText(random)]: [below(random, 100), randomText(random), { deep: null }] }
    const toolUse = { toolUseId: `tooluse_${below(random, 1000)}`, name: 'find' }
    return {
      block: { toolUse: { ...toolUse, input } },
      start: { toolUse },
      deltas: split(random, JSON.stringify(input)).map((piece) => ({ toolUse: { input: piece } })),
    }
  },
  (random) => {
    const [text, signature] = [randomText(random), `sig${below(random, 1000)}==`]
    return {
      block: { reasoningContent: { reasoningText: { text, signature } } },
      deltas: [
        ...[...split(random, text), ''].map((piece) => ({ reasoningContent: { text: piece } })),
        ...split(random, signature).map((piece) => ({ reasoningContent: { signature: piece } })),
      ],
    }
  },
  () => ({
    block: { reasoningContent: { reasoningText: { text: '', signature: 'only' } } },
    deltas: [{ reasoningContent: { signature: 'only' } }],
  }),
  (random) => {
    const { whole, pieces } = splitBytes(random)
    return {
      block: { reasoningContent: { redactedContent: whole } },
      deltas: pieces.map((redactedContent) => ({ reasoningContent: { redactedContent } })),
    }
  },
  (random) => {
    const { whole, pieces } = splitBytes(random)
    return {
      block: { image: { format: 'png', source: { bytes: whole } } },
      start: { image: { format: 'png' } },
      deltas: pieces.map((bytes) => ({ image: { source: { bytes } } })),
    }
  },
]

function makeStream(random: Random): { events: [string, object][]; content: object[] } {
  const parts = Array.from({ length: below(random, 5) }, () => PARTS[below(random, PARTS.length)]?.(random)).filter(
    (part) => part !== undefined,
  )
  const events = parts.flatMap(({ start, deltas }, contentBlockIndex): [string, object][] => [
    ...(start ? [['contentBlockStart', { contentBlockIndex, start }] as [string, object]] : []),
    ...deltas.map((delta): [string, object] => ['contentBlockDelta', { contentBlockIndex, delta, p: 'abc' }]),
    ['contentBlockStop', { contentBlockIndex }],
  ])
  return { events, content: parts.map(({ block }) => block) }
}

test.each(Array.from({ length: 300 }, (_, seed) => seed))(
  'the stream of seed %i is collected to its answer',
  (seed) => {
    const { events, content } = makeStream(createRandom(seed))
    const end = { usage: { inputTokens: seed, outputTokens: 1, totalTokens: seed + 1 }, metrics: { latencyMs: 1 } }
    const collector = collectConverse()
    const all = [
      ['messageStart', { role: 'assistant' }],
      ...events,
      ['messageStop', { stopReason: 'end_turn' }],
      ['metadata', end],
    ] as [string, object][]
    for (const [name, payload] of all) {
      for (const frame of new FrameReader().push(encodeEvent(name, JSON.stringify(payload))))
        collector.add(name, frame.payload)
    }
    expect(collector.isComplete).toBe(true)
    expect(JSON.parse(collector.answer)).toEqual({
      output: { message: { role: 'assistant', content } },
      stopReason: 'end_turn',
      ...end,
    })
  },
)
