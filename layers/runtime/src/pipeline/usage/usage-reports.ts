import { BedrockError, jsonReply, type RestReply } from '../../core/errors.ts'
import { ANONYMOUS } from '../../core/identity.ts'
import { matchesCaller } from '../caller-projects.ts'
import { add, toDecimal, toText, ZERO } from '../cost/estimate-cost.ts'
import { COUNTS, type UsageRow } from './usage-entry.ts'
import type { TableLoader } from './usage-ledger.ts'
import type { UsageTable } from './usage-table.ts'

export interface UsageReportOptions {
  /** Undefined for a stack without a ledger. */
  readonly loadTable: TableLoader | undefined
  /** Patterns of the callers who may see the usage of all. */
  readonly operators: readonly string[]
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

export interface UsageRequest {
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly source: 'rest-api' | 'function-url' | 'direct'
  readonly caller: string | undefined
}

/** Longest time of a report, in days. */
const MAX_DAYS = 400
const MS_PER_DAY = 86_400_000

const GROUPS = { day: ['day'], model: ['modelId'], 'day,model': ['day', 'modelId'] } as const

/**
 * Reports the usage of the caller, by day and model. Operators can name another `caller`.
 *
 * @throws BedrockError ValidationException that names the parameter; AccessDeniedException; ResourceNotFoundException for a
 *   stack without a ledger
 */
export async function reportUsage(request: UsageRequest, options: UsageReportOptions): Promise<RestReply> {
  const { query, caller: own = ANONYMOUS } = request
  const table = await loadTable(options)
  const { caller = own } = query
  if (caller !== own) assertOperator(request, options)
  const { from, to } = readDays(query, options)
  const by = readGroups(query.by ?? 'day,model')
  const rows = groupRows(await table.readDays(caller, from, to), by)
  return toReply(request, by, rows, { caller, from, to, total: sumUp(rows) }, 'usage')
}

/**
 * Reports the usage of all callers in a month, the most expensive first.
 *
 * @throws the errors of reportUsage
 */
export async function reportCallers(request: UsageRequest, options: UsageReportOptions): Promise<RestReply> {
  const table = await loadTable(options)
  assertOperator(request, options)
  const month = readMonth(request.query, options)
  const rows = (await table.readMonth(month)).toSorted((a, b) => b.usd - a.usd)
  return toReply(request, ['caller'], rows, { month, total: sumUp(rows) }, 'callers')
}

async function loadTable({ loadTable: load }: UsageReportOptions): Promise<UsageTable> {
  if (load) return load()
  throw new BedrockError('ResourceNotFoundException', 'This stack counts no usage: its parameter UsageLedger is OFF.')
}

/** Direct events are of principals that may invoke the function itself. IAM decides who they are. */
function assertOperator({ source, caller = ANONYMOUS }: UsageRequest, { operators }: UsageReportOptions): void {
  if (source === 'direct' || operators.some((pattern) => matchesCaller(caller, pattern))) return
  throw new BedrockError(
    'AccessDeniedException',
    `The usage of other callers is for operators, whom the parameter UsageOperators names. It does not name ${caller}.`,
  )
}

function readDays(
  query: UsageRequest['query'],
  { now = Date.now }: Pick<UsageReportOptions, 'now'>,
): { from: string; to: string } {
  const today = new Date(now()).toISOString().slice(0, 10)
  const to = readDate('to', query.to ?? today)
  const from = readDate('from', query.from ?? `${to.slice(0, 7)}-01`)
  const days = (Date.parse(to) - Date.parse(from)) / MS_PER_DAY + 1
  if (days < 1) throw new BedrockError('ValidationException', `from is ${from}, which is after to, ${to}.`)
  if (days > MAX_DAYS) {
    throw new BedrockError('ValidationException', `from ${from} to ${to} are ${days} days, the limit is ${MAX_DAYS}.`)
  }
  return { from, to }
}

function readDate(name: string, value: string): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(value) : Number.NaN
  // Date.parse accepts February 30.
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(value)) return value
  throw new BedrockError(
    'ValidationException',
    `${name} is "${value.slice(0, 50)}": it must be a day, e.g. 2026-11-27.`,
  )
}

function readMonth({ month }: UsageRequest['query'], { now = Date.now }: Pick<UsageReportOptions, 'now'>): string {
  if (month === undefined) return new Date(now()).toISOString().slice(0, 7)
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return month
  throw new BedrockError('ValidationException', `month is "${month.slice(0, 50)}": it must be a month, e.g. 2026-11.`)
}

function readGroups(by: string): readonly ('day' | 'modelId')[] {
  if (Object.hasOwn(GROUPS, by)) return GROUPS[by as keyof typeof GROUPS]
  throw new BedrockError('ValidationException', `by is "${by.slice(0, 50)}": it must be day, model or day,model.`)
}

type DayRow = UsageRow & { readonly day: string; readonly modelId: string }

/** Adds rows that have the same values of `by`, in order. */
function groupRows(rows: readonly DayRow[], by: readonly ('day' | 'modelId')[]): (UsageRow & Partial<DayRow>)[] {
  const groups = Map.groupBy(rows, (row) => by.map((name) => row[name]).join('\n'))
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, [first, ...others]]) => ({
      ...Object.fromEntries(by.map((name) => [name, first?.[name] ?? ''])),
      ...sumUp(first ? [first, ...others] : []),
    }))
}

function sumUp(rows: readonly UsageRow[]): UsageRow {
  const counts = COUNTS.map((name) => [name, rows.reduce((sum, row) => sum + row[name], 0)] as const)
  const usd = rows.reduce((sum, row) => add(sum, toDecimal(row.usd)), ZERO)
  return { ...(Object.fromEntries(counts) as Omit<UsageRow, 'usd'>), usd: Number(toText(usd, usd.scale)) }
}

/** Makes the reply: rows as CSV if the request accepts it, or a document with the rows in its member `name`. */
function toReply(
  { headers: { accept = '' } }: UsageRequest,
  by: readonly string[],
  rows: readonly (UsageRow & Readonly<Record<string, unknown>>)[],
  head: object,
  name: string,
): RestReply {
  if (!accept.includes('text/csv')) return jsonReply({ ...head, [name]: rows })
  const columns = [...by, ...COUNTS, 'usd']
  const lines = [columns, ...rows.map((row) => columns.map((column) => toCell(row[column])))]
  return {
    statusCode: 200,
    headers: { 'content-type': 'text/csv; charset=utf-8' },
    body: Buffer.from(lines.map((line) => `${line.join(',')}\r\n`).join('')),
  }
}

/** Writes a cell by RFC 4180, numbers without an exponent. */
function toCell(value: unknown): string {
  if (typeof value === 'number') return toText(toDecimal(value), 10)
  const text = String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
