import { closeJson } from '../json/close-json.ts'
import { type JsonValue, readJsonIfAny } from '../json/json-document.ts'
import { FrameError } from './frames.ts'

/** Collector that joins the events of a ConverseStream into the answer of Converse. */
export interface ConverseCollector {
  /**
   * Adds one event.
   *
   * @throws FrameError for a payload that is not JSON
   */
  add(name: string, payload: Buffer): void
  /** True if the events include the end of the stream. */
  readonly isComplete: boolean
  /** JSON text of the ConverseResponse. Numbers and escapes stay as in the events. */
  readonly answer: string
}

/** Content block in progress, with its values by the name of the union's member. */
interface Block {
  readonly starts: Map<string, JsonValue>
  /** Deltas, in the order in which their names first came. */
  readonly deltas: Map<string, JsonValue[]>
}

export function collectConverse(): ConverseCollector {
  let role = '"assistant"'
  const blocks = new Map<number, Block>()
  let stop: JsonValue | undefined
  let metadata: JsonValue | undefined

  function blockOf(event: JsonValue): Block {
    const index = Number(event.get('contentBlockIndex')?.bytes.toString() ?? 0)
    const block = blocks.get(index) ?? { starts: new Map(), deltas: new Map() }
    blocks.set(index, block)
    return block
  }

  return {
    add(name, payload) {
      const event = readJsonIfAny(payload, 'an event')?.root
      if (!event) throw new FrameError('an event is not JSON')
      if (name === 'messageStart') role = event.get('role')?.bytes.toString() ?? role
      else if (name === 'contentBlockStart') addStart(blockOf(event), event)
      else if (name === 'contentBlockDelta') addDelta(blockOf(event), event)
      else if (name === 'messageStop') stop = event
      else if (name === 'metadata') metadata = event
    },
    get isComplete() {
      return stop !== undefined && metadata !== undefined
    },
    get answer() {
      const content = [...blocks].sort(([one], [other]) => one - other).flatMap(([, block]) => joinBlock(block))
      const output = `{"message":{"role":${role},"content":[${content.join(',')}]}}`
      const others = [stop, metadata].flatMap((event) => event?.members ?? []).filter(({ name }) => name !== PADDING)
      return writeObject([['output', output], ...others.map(({ name, value }) => [name, textOf(value)] as const)])
    },
  }
}

/** Member with which Bedrock hides the length of an event. */
const PADDING = 'p'

function addStart({ starts }: Block, event: JsonValue): void {
  for (const { name, value } of event.get('start')?.members ?? []) starts.set(name, value)
}

function addDelta({ deltas }: Block, event: JsonValue): void {
  for (const { name, value } of event.get('delta')?.members ?? []) addTo(deltas, name, value)
}

function addTo(groups: Map<string, JsonValue[]>, name: string, value: JsonValue): void {
  const values = groups.get(name) ?? []
  values.push(value)
  groups.set(name, values)
}

/** Writes the blocks of one index: usually one, or one per kind if the model mixes kinds. */
function joinBlock({ starts, deltas }: Block): string[] {
  const names = new Set([...starts.keys(), ...deltas.keys()])
  // An empty answer is a block without deltas.
  if (names.size === 0) return ['{"text":""}']
  const citations = deltas.get('citation')
  if (citations) {
    names.delete('citation')
    names.delete('text')
  }
  const cited = citations ? [writeCitations(deltas.get('text') ?? [], citations)] : []
  return [...cited, ...[...names].flatMap((name) => writeBlocks(name, starts.get(name), deltas.get(name) ?? []))]
}

function writeBlocks(name: string, start: JsonValue | undefined, deltas: readonly JsonValue[]): string[] {
  if (name === 'reasoningContent') return writeReasoning(deltas).map((value) => writeObject([[name, value]]))
  return [writeObject([[name, writeBlock(name, start, deltas)]])]
}

function writeBlock(name: string, start: JsonValue | undefined, deltas: readonly JsonValue[]): string {
  const members = new Map(start?.members.map((member) => [member.name, textOf(member.value)]))
  if (name === 'toolUse') {
    const inputs = deltas.flatMap((delta) => delta.getAll('input'))
    for (const [member, values] of groupMembers(deltas)) members.set(member, merge(values, member))
    return writeObject([...members.set('input', writeToolInput(inputs))])
  }
  if (name === 'toolResult') {
    return writeObject([...members.set('content', deltas.length > 0 ? merge(deltas, name) : '[]')])
  }
  return merge(start ? [start, ...deltas] : deltas, name)
}

/** Writes a tool's input as an object, as Converse does. An unfinished input is closed after its last complete member. */
function writeToolInput(pieces: readonly JsonValue[]): string {
  const input = pieces.map(({ text = '' }) => text).join('')
  return input.trim() === '' ? '{}' : closeJson(input)
}

/** Writes reasoning blocks. Clients must send them back with a text, so the text is present even if it is empty. */
function writeReasoning(deltas: readonly JsonValue[]): string[] {
  const members = groupMembers(deltas)
  const redacted = members.get('redactedContent')
  members.delete('redactedContent')
  const blocks: string[] = []
  if (members.size > 0) {
    const { text = '""', ...others } = Object.fromEntries(
      [...members].map(([name, values]) => [name, merge(values, name)]),
    )
    blocks.push(writeObject([['reasoningText', writeObject([['text', text], ...Object.entries(others)])]]))
  }
  if (redacted) blocks.push(writeObject([['redactedContent', merge(redacted, 'redactedContent')]]))
  return blocks
}

function writeCitations(texts: readonly JsonValue[], citations: readonly JsonValue[]): string {
  const content = `[{"text":${texts.length > 0 ? merge(texts, 'text') : '""'}}]`
  const list = `[${citations.map(textOf).join(',')}]`
  return writeObject([
    [
      'citationsContent',
      writeObject([
        ['content', content],
        ['citations', list],
      ]),
    ],
  ])
}

/** Members with bytes in base64. Each piece is encoded separately. */
const BYTES = new Set(['bytes', 'redactedContent'])

/**
 * Merges the values of one member: texts and arrays are joined, objects are merged by member, otherwise the last value
 * wins.
 */
function merge(values: readonly JsonValue[], name: string): string {
  const [first, ...others] = values
  if (!first || others.length === 0) return first ? textOf(first) : 'null'
  const isAll = (kind: JsonValue['kind']) => values.every((value) => value.kind === kind)
  if (isAll('string')) return BYTES.has(name) ? joinBase64(values) : `"${values.map(innerOf).join('')}"`
  if (isAll('array'))
    return `[${values
      .filter((list) => !list.isEmpty)
      .map(innerOf)
      .join(',')}]`
  if (isAll('object')) {
    return writeObject([...groupMembers(values)].map(([member, inner]) => [member, merge(inner, member)]))
  }
  return textOf(values.at(-1) ?? first)
}

function groupMembers(objects: readonly JsonValue[]): Map<string, JsonValue[]> {
  const groups = new Map<string, JsonValue[]>()
  for (const { name, value } of objects.flatMap(({ members }) => members)) addTo(groups, name, value)
  return groups
}

function joinBase64(pieces: readonly JsonValue[]): string {
  return JSON.stringify(Buffer.concat(pieces.map(({ text = '' }) => Buffer.from(text, 'base64'))).toString('base64'))
}

function textOf({ bytes }: JsonValue): string {
  return bytes.toString()
}

/** Returns a value without its quotes or brackets. */
function innerOf({ bytes }: JsonValue): string {
  return bytes.toString('utf8', 1, bytes.length - 1)
}

function writeObject(members: readonly (readonly [name: string, json: string])[]): string {
  return `{${members.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}
