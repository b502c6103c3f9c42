import { IDLE_PARTS, idleCost, PARTS, PATHS, type StackCall, stackCost } from './stack-cost.ts'

/** The call of docs/cost.md. */
export const USUAL_CALL: StackCall = { seconds: 3, memoryMb: 256 }

const SECTION = /(<!-- stack-cost:begin -->\n)[\s\S]*?(<!-- stack-cost:end -->)/
const IDLE_SECTION = /(<!-- idle-cost:begin -->\n)[\s\S]*?(<!-- idle-cost:end -->)/

/** Markdown table of the cost of a million calls by part and way. */
function writeStackCostTable(call: StackCall): string {
  const million = (usd: number | undefined) => (usd ? (usd * 1e6).toFixed(2) : '')
  const row = (name: string, values: readonly string[]) => `| ${[name, ...values].join(' | ')} |`
  const costs = PATHS.map(({ parts }) => parts(call))
  return [
    row(
      'part',
      PATHS.map(({ name }) => name),
    ),
    row(
      '---',
      PATHS.map(() => '---'),
    ),
    ...PARTS.map((part) =>
      row(
        part,
        costs.map((cost) => million(cost[part])),
      ),
    ),
    row(
      '**sum**',
      PATHS.map((path) => `**${million(stackCost(path, call))}**`),
    ),
  ].join('\n')
}

function writeIdleTable(): string {
  return [
    '| part | calculation | dollars |',
    '|---|---|---|',
    ...IDLE_PARTS.map(({ part, calculation, usd }) => `| ${part} | ${calculation} | ${usd.toFixed(2)} |`),
    `| **sum** | | **${idleCost().toFixed(2)}** |`,
    '| dashboard (`Dashboard=ON`) | after the first three of an account | 3.00 |',
  ].join('\n')
}

/** Returns the text of docs/cost.md with new tables. */
export function withStackCost(text: string): string {
  return text
    .replace(SECTION, (_, begin: string, end: string) => `${begin}${writeStackCostTable(USUAL_CALL)}\n${end}`)
    .replace(IDLE_SECTION, (_, begin: string, end: string) => `${begin}${writeIdleTable()}\n${end}`)
}
