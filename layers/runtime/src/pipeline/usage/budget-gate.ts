import { BudgetError } from '../../core/budget-error.ts'
import { ConfigurationError } from '../../core/configuration.ts'
import { BedrockError } from '../../core/errors.ts'
import { ANONYMOUS } from '../../core/identity.ts'
import { describeFailure, logger, withTimeout } from '../../core/logging.ts'
import type { ModelCall } from '../../core/model-call.ts'
import { formatUsd } from '../cost/estimate-cost.ts'
import type { PriceBook } from '../cost/price-book.ts'
import { type Budget, endOf, findBudget, type Reservation, type Spent, STACK } from './budget.ts'
import type { TableLoader } from './usage-ledger.ts'

/** Gate that refuses calls of callers whose budget is spent. */
export interface BudgetGate {
  /**
   * Checks the budgets of a caller and of the stack against what was spent some seconds ago. Calls that have begun are not
   * ended, so a budget can be exceeded by what callers spend in these seconds and by calls in progress.
   *
   * If DynamoDB does not answer in a second, the last known figures count, or else the call is allowed.
   *
   * @param modelIds models that the call may use
   * @returns a warning to the caller whose budget is spent to a large part
   * @throws BudgetError; BedrockError AccessDeniedException for a model without a known price
   */
  check(caller: string | undefined, modelIds: readonly string[]): Promise<string | undefined>
  /**
   * With STRICT, holds back the highest cost of a call from the budget of its caller, so that it is never exceeded.
   *
   * @param calls the call, and those of its fallbacks
   * @returns undefined for a caller without a budget
   * @throws BudgetError; BedrockError ValidationException for a call without a highest cost; ServiceUnavailableException if
   *   DynamoDB does not answer
   */
  reserve?(caller: string | undefined, calls: readonly CostlyCall[]): Promise<Reservation | undefined>
  /** Gives a reservation back, of a call that cost nothing and is not counted. */
  release(reservation: Reservation): Promise<void>
}

type CostlyCall = Pick<ModelCall, 'modelId' | 'body' | 'headers'>

export interface BudgetGateOptions {
  readonly loadTable: TableLoader
  readonly prices: Pick<PriceBook, 'find'>
  /** True if calls hold back their highest cost. */
  readonly reserves?: boolean
  /** Longest wait of a call for DynamoDB's figures, in milliseconds. */
  readonly readLimitMs?: number
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const MODES = ['OFF', 'SOFT', 'STRICT']

/** Ages up to which figures are used, in milliseconds. Those of the stack need the items of all callers. */
const MAX_AGE_MS = { budgets: 10_000, caller: 5000, stack: 30_000 } as const
const READ_LIMIT_MS = 1000
/** Share of a budget from which its caller is warned. */
const WARNING_SHARE = 0.8
/** Limit of callers whose figures are kept. */
const MAX_CALLERS = 1000

export function createBudgetGate({
  loadTable,
  prices,
  reserves = false,
  readLimitMs = READ_LIMIT_MS,
  now = Date.now,
}: BudgetGateOptions): BudgetGate {
  const kept = new Map<string, { readonly at: number; readonly value: Promise<unknown> }>()

  /** Reads a value, or takes a kept one that is young enough. A failed read leaves the old value for the next try. */
  async function read<Value>(key: string, maxAgeMs: number, load: () => Promise<Value>): Promise<Value | undefined> {
    const known = kept.get(key)
    if (known && now() - known.at < maxAgeMs) return known.value as Promise<Value>
    if (kept.size > MAX_CALLERS) kept.clear()
    const value = withTimeout(readLimitMs, load()).catch((error: unknown) => {
      logger.warn('budgets could not be read', describeFailure(error))
      return known?.value as Value | undefined
    })
    kept.set(key, { at: now(), value })
    return value
  }

  async function readSpent(caller: string): Promise<Spent | undefined> {
    const day = new Date(now()).toISOString().slice(0, 10)
    const load = async () => (await loadTable()).readSpent(caller === STACK ? undefined : caller, day)
    return read(`${day} ${caller}`, caller === STACK ? MAX_AGE_MS.stack : MAX_AGE_MS.caller, load)
  }

  /** Returns the warnings for a budget that is not spent. */
  async function checkBudget(scope: 'caller' | 'stack', name: string, budget: Budget): Promise<string[]> {
    const spent = await readSpent(name)
    if (!spent) return []
    const limits = [['month', budget.perMonth] as const, ['day', budget.perDay] as const]
    const warnings: string[] = []
    for (const [period, limitUsd] of limits) {
      const spentUsd = spent[period]
      if (limitUsd === undefined || spentUsd < limitUsd * WARNING_SHARE) continue
      if (spentUsd >= limitUsd) {
        const figures = scope === 'caller' && { limitUsd, spentUsd }
        throw new BudgetError({ scope, period, resetsAt: endOf(period, now()), ...figures })
      }
      warnings.push(`${formatUsd(spentUsd)} of the budget of ${limitUsd} USD for this ${period} are spent`)
    }
    return warnings
  }

  const readBudgets = () => read('budgets', MAX_AGE_MS.budgets, async () => (await loadTable()).readBudgets())

  async function reserve(caller: string | undefined, calls: readonly CostlyCall[]): Promise<Reservation | undefined> {
    const name = caller ?? ANONYMOUS
    const budget = findBudget(name, (await readBudgets()) ?? [])
    if (!budget) return undefined
    const { highestCost } = await import('./highest-cost.ts')
    const costs = await Promise.all(calls.map((call) => highestCost(call, prices)))
    const known = costs.filter((cost) => cost !== undefined)
    if (known.length < costs.length && !budget.allowsUnpriced) throw refuseUnbounded()
    const reservation = {
      caller: name,
      day: new Date(now()).toISOString().slice(0, 10),
      usd: Math.max(0, ...known),
    }
    const shortage = await loadTable()
      .then((table) => table.reserve(reservation, budget))
      .catch((cause: unknown) => {
        throw new BedrockError('ServiceUnavailableException', 'The budget of the caller could not be checked.', {
          cause,
        })
      })
    if (!shortage) return reservation
    const { period, heldUsd } = shortage
    const limitUsd = (period === 'day' ? budget.perDay : budget.perMonth) ?? 0
    throw new BudgetError({
      ...{ scope: 'caller', period, resetsAt: endOf(period, now()), limitUsd },
      leftUsd: Math.max(0, Math.round((limitUsd - heldUsd) * 1e10) / 1e10),
      neededUsd: reservation.usd,
    })
  }

  return {
    ...(reserves && { reserve }),
    release: async (reservation) => (await loadTable()).release(reservation),
    async check(caller = ANONYMOUS, modelIds) {
      const budgets = await readBudgets()
      if (!budgets || budgets.length === 0) return undefined
      const own = findBudget(caller, budgets)
      const ofStack = budgets.find(({ of }) => of === STACK)
      for (const budget of [own, ofStack]) {
        if (!budget || budget.allowsUnpriced) continue
        for (const modelId of modelIds) if (!(await prices.find(modelId))) throw refuseModel(modelId)
      }
      const warnings = own ? await checkBudget('caller', caller, own) : []
      // The figures of the stack are those of other callers, so nobody is warned of them.
      if (ofStack) await checkBudget('stack', STACK, ofStack)
      return warnings.length > 0 ? warnings.join('; ') : undefined
    },
  }
}

function refuseUnbounded(): BedrockError {
  return new BedrockError(
    'ValidationException',
    'The request has no highest cost, which the budget of the caller needs: give maxTokens, and no media of unknown size.',
  )
}

function refuseModel(modelId: string): BedrockError {
  return new BedrockError(
    'AccessDeniedException',
    `${modelId} has no known price, and the budget does not allow such models.`,
  )
}

/**
 * Reads the gate from the template's parameters.
 *
 * @returns undefined for a stack without budgets
 * @throws ConfigurationError that names the variable
 */
export function readBudgetGate(
  { BUDGETS: mode = 'OFF' }: Readonly<Record<string, string | undefined>>,
  loadTable: TableLoader | undefined,
  prices: Pick<PriceBook, 'find'>,
): BudgetGate | undefined {
  if (!MODES.includes(mode)) throw new ConfigurationError(`BUDGETS is "${mode}", it must be one of ${MODES.join(', ')}`)
  if (mode === 'OFF' || !loadTable) return undefined
  return createBudgetGate({ loadTable, prices, reserves: mode === 'STRICT' })
}
