import { parseArgs } from 'node:util'
import type { Budget } from '../../layers/runtime/src/pipeline/usage/budget.ts'
import { DEFAULT_PORT } from '../../local/ports.ts'
import { choosePlace, PLACE_OPTIONS, type StackPlace } from '../stack-place.ts'

export const USAGE = `npm run budgets -- COMMAND [options]

  set CALLER AMOUNT …  set the budget of a caller in US dollars, as in: set key:a1b2c3 50/month 5/day
  list                 list all budgets, and what was spent of those of one caller
  remove CALLER        remove a budget

  CALLER is key:ID, role/NAME, user/NAME, or stack for all callers together. With * it is the budget of each caller that
  matches and has none of its own, as in: set 'role/*' 20/month

  --allow-unpriced     with set: allow models without a known price; their calls add no cost
  --stack NAME         a deployed stack (bedrock-functions), with the credentials of the shell
  --region REGION      Region of the stack (AWS_REGION)
  --local              the stack of npm start on this machine
  --port P             with --local: first port of the stack (${DEFAULT_PORT})
  --help               this text`

export type BudgetsCommandLine = { readonly place: StackPlace } & (
  | { readonly command: 'set'; readonly budget: Budget }
  | { readonly command: 'list' }
  | { readonly command: 'remove'; readonly of: string }
)

/** Operator's mistake. The message is complete without a stack trace. */
export class BudgetsCommandError extends Error {}

/** Largest budget, in US dollars. */
const MAX_USD = 1_000_000_000

/** Undefined for --help. Throws a BudgetsCommandError. */
export function parseBudgetsCommandLine(words: readonly string[]): BudgetsCommandLine | undefined {
  const { values, positionals } = parseWords(words)
  if (values.help) return undefined
  const [command = '', of = '', ...amounts] = positionals
  const place = choosePlace(values, refuse)
  if (command !== 'set' && values['allow-unpriced']) refuse('--allow-unpriced needs the command set.')
  if (command === 'list') return of === '' ? { command, place } : refuse('list takes no caller.')
  if (command !== 'set' && command !== 'remove')
    return refuse(command === '' ? 'A command is missing.' : `There is no command ${command}.`)
  if (of === '') return refuse(`${command} needs a caller.`)
  if (/[\s=,]/.test(of)) return refuse(`"${of}" is not a caller.`)
  if (command === 'remove') {
    return amounts.length === 0 ? { command, of, place } : refuse(`Remove one budget at a time, without ${amounts[0]}.`)
  }
  if (amounts.length === 0) return refuse('set needs an amount, such as 50/month.')
  return { command, budget: { of, ...readAmounts(amounts), allowsUnpriced: values['allow-unpriced'] }, place }
}

/** Reads amounts such as `50/month`. Throws a BudgetsCommandError. */
export function readAmounts(words: readonly string[]): Pick<Budget, 'perDay' | 'perMonth'> {
  const amounts: { perDay?: number; perMonth?: number } = {}
  for (const word of words) {
    const [, text = '', period] = /^(\d+(?:\.\d{1,6})?)\/(day|month)$/.exec(word) ?? []
    const usd = Number(text)
    if (period === undefined) refuse(`"${word}" is not an amount: give US dollars and a period, 50/month or 0.5/day.`)
    if (!(usd > 0 && usd <= MAX_USD)) refuse(`${word}: a budget is above 0 and at most ${MAX_USD} dollars.`)
    const member = period === 'day' ? 'perDay' : 'perMonth'
    if (amounts[member] !== undefined) refuse(`Give one amount for each period, without ${word}.`)
    amounts[member] = usd
  }
  return amounts
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        'allow-unpriced': { type: 'boolean', default: false },
        ...PLACE_OPTIONS,
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (cause) {
    return refuse((cause as Error).message)
  }
}

function refuse(problem: string): never {
  throw new BudgetsCommandError(`${problem}\n\n${USAGE}`)
}
