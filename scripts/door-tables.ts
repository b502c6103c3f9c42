import { BEDROCK_ERROR_STATUS, BedrockError, type BedrockErrorType } from '../layers/runtime/src/core/errors.ts'
import { toErrorReply as toAnthropicErrorReply } from '../layers/runtime/src/doors/anthropic/errors.ts'
import * as messages from '../layers/runtime/src/doors/anthropic/members.ts'
import { toErrorReply as toOpenAiErrorReply } from '../layers/runtime/src/doors/openai/errors.ts'
import type { MemberTable, MemberTreatment } from '../layers/runtime/src/doors/openai/request-members.ts'
import * as chat from '../layers/runtime/src/doors/openai-chat/members.ts'
import { EMBEDDING_MEMBERS } from '../layers/runtime/src/doors/openai-embeddings/members.ts'
import * as responses from '../layers/runtime/src/doors/openai-responses/members.ts'

type NamedTables = Readonly<Record<string, MemberTable>>

/** Generated tables of docs/front-doors.md, each between comments with its name. */
const TABLES: Readonly<Record<string, () => string>> = {
  messages: () => writeMembers(messages.REQUEST_MEMBERS),
  'messages-inner': () => writeExceptions(messages.INNER_MEMBERS),
  chat: () => writeMembers(chat.REQUEST_MEMBERS),
  'chat-inner': () =>
    writeExceptions({
      ...prefix('message', chat.MESSAGE_MEMBERS),
      ...prefix('part', chat.PART_MEMBERS),
      ...chat.INNER_MEMBERS,
    }),
  responses: () => writeMembers(responses.REQUEST_MEMBERS),
  'responses-inner': () =>
    writeExceptions({
      ...prefix('item', responses.ITEM_MEMBERS),
      ...prefix('part', responses.PART_MEMBERS),
      ...prefix('tool', responses.TOOL_MEMBERS),
      ...responses.INNER_MEMBERS,
      include: responses.INCLUDES,
    }),
  embeddings: () => writeMembers(EMBEDDING_MEMBERS),
  errors: writeErrors,
}

/** Returns the text of docs/front-doors.md with new tables. */
export function withDoorTables(text: string): string {
  return text.replace(
    /(<!-- (\S+):begin -->\n)[\s\S]*?(<!-- \2:end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const write = TABLES[name]
      if (!write) throw new Error(`docs/front-doors.md has the unknown table ${name}`)
      return `${begin}${write()}\n${end}`
    },
  )
}

function prefix(kind: string, tables: NamedTables): NamedTables {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [`${kind} ${name}`, table]))
}

/** Writes all members of a request. */
function writeMembers(table: MemberTable): string {
  return writeTable(
    ['member', 'treatment', 'by Converse'],
    Object.entries(table).map(([name, treatment]) => [code(name), treatment.kind, describe(treatment)]),
  )
}

/** Writes the members of inner objects that are dropped or refused. Objects with the same treatment are in one row. */
function writeExceptions(tables: NamedTables): string {
  const rows = Object.entries(tables).flatMap(([object, table]) =>
    Object.entries(table)
      .filter(([, { kind }]) => kind === 'dropped' || kind === 'refused')
      .map(([name, treatment]) => ({ object, cells: [code(name), treatment.kind, describe(treatment)] })),
  )
  const groups = Map.groupBy(rows, ({ cells }) => cells.join('|'))
  return writeTable(
    ['member', 'treatment', 'reason', 'in'],
    [...groups.values()].map((group) => [...(group[0]?.cells ?? []), nameObjects(group.map(({ object }) => object))]),
  )
}

/** Names objects; all of a kind have one name. */
function nameObjects(objects: readonly string[]): string {
  return objects.length > MAX_NAMED ? `${objects.length} kinds of ${objects[0]?.split(' ')[0]}s` : objects.join(', ')
}

const MAX_NAMED = 5

function describe(treatment: MemberTreatment): string {
  if (treatment.kind === 'mapped') return treatment.to
  if (treatment.kind === 'ignored' || !treatment.unless) return treatment.because
  return `${treatment.because} ${treatment.unless.map(code).join(', ')} is accepted.`
}

/** Writes the errors of Bedrock as both contracts have them. */
function writeErrors(): string {
  const rows = (Object.keys(BEDROCK_ERROR_STATUS) as BedrockErrorType[]).map((name) => {
    const error = new BedrockError(name, '')
    const anthropic = toAnthropicErrorReply(error)
    const openai = toOpenAiErrorReply(error)
    const { type, code: openAiCode } = read(openai.body)
    return [
      `${code(name)} (${error.statusCode})`,
      `${anthropic.statusCode} ${code(read(anthropic.body).type)}${finality(anthropic.headers)}`,
      `${openai.statusCode} ${code(type)}${openAiCode ? `, code ${code(openAiCode)}` : ''}${finality(openai.headers)}`,
    ]
  })
  return writeTable(['Bedrock', 'Anthropic', 'OpenAI'], rows)
}

function read(body: Uint8Array): { type: string; code?: string } {
  return JSON.parse(Buffer.from(body).toString()).error
}

function finality(headers: Readonly<Record<string, string>>): string {
  return headers['x-should-retry'] === 'false' ? ', not retried' : ''
}

function code(text: string): string {
  return `\`${text}\``
}

function writeTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))
  return lines.map((cells) => (cells[0] === '---' ? `|${cells.join('|')}|` : `| ${cells.join(' | ')} |`)).join('\n')
}
