import { CATALOGUE } from '@bedrock-functions/runtime/models/rows'
import { ASYNC_MODEL_IDS } from '../local/bedrock/async-invoke/models.ts'
import { isSpeechModel } from '../local/bedrock/bidirectional/speech-models.ts'
import { listOperations, nameBody } from '../local/bedrock/families/index.ts'

/** Line of models with its native body and the operations by which the emulator serves it. */
interface ServedLine {
  /** Beginning of the ids. */
  readonly start: string
  readonly body: string | undefined
  readonly operations: string
}

const LINES = Object.keys(CATALOGUE.lines)
const KNOWN_IDS = [...CATALOGUE.models.map(({ modelId }) => modelId), ...ASYNC_MODEL_IDS]

/** Markdown table of the lines of models in the table of models, with the operations by which the emulator serves them. */
export function writeServedTable(): string {
  const lines = LINES.filter(isOwnKind).map(describeLine)
  const groups = [...Map.groupBy(lines, ({ body, operations }) => `${body ?? NO_BODY} ${operations}`).values()]
  const rows = groups.map((group) => {
    const starts = group.map(({ start }) => `\`${start}\``).join(', ')
    return `| ${group[0]?.body ?? NO_BODY} | ${starts} | ${group[0]?.operations} |`
  })
  return ['| native body | ids that begin with | served by |', '|---|---|---|', ...rows.toSorted(compareRows)].join(
    '\n',
  )
}

/** Stands for a native body. Rows with it are the last. */
const NO_BODY = 'none'

function compareRows(one: string, other: string): number {
  const isLast = (row: string): number => Number(row.startsWith(`| ${NO_BODY} |`))
  return isLast(one) - isLast(other) || one.localeCompare(other, 'en')
}

/** True for a line that states a native body, or has none and no longer line below it. */
function isOwnKind(start: string): boolean {
  const line = CATALOGUE.lines[start]
  if (line?.nativeBody !== undefined || typeof line?.family === 'string') return true
  return nameBody(start) === undefined && !LINES.some((other) => other !== start && other.startsWith(start))
}

function describeLine(start: string): ServedLine {
  const operations: string[] = [
    ...listOperations(KNOWN_IDS.find((id) => id.startsWith(start)) ?? start),
    ...(isSpeechModel(start) ? ['InvokeModelWithBidirectionalStream'] : []),
  ]
  return { start, body: nameBody(start), operations: operations.join(', ') || '**not served**' }
}

const SECTION = /(<!-- served:begin -->\n)[\s\S]*?(<!-- served:end -->)/

/** Returns the text of docs/emulator.md with a new table. */
export function withServedTable(text: string): string {
  return text.replace(SECTION, (_, begin: string, end: string) => `${begin}${writeServedTable()}\n${end}`)
}
