import { ConfigurationError } from '../../core/configuration.ts'
import { describeFailure, logger } from '../../core/logging.ts'
import type { StoreLoader } from '../../core/store-loader.ts'
import type { UsageEntry } from './usage-entry.ts'
import type { UsageTable } from './usage-table.ts'

/** Ledger of the usage of all callers. */
export interface UsageLedger {
  /** Adds calls. It never throws: the bucket keeps what the table does not take, and the sweep adds it later. */
  record(entry: UsageEntry): Promise<void>
}

export type TableLoader = () => Promise<UsageTable>

export interface UsageLedgerOptions {
  readonly loadTable: TableLoader
  readonly loadStore: StoreLoader
}

/** Prefix of usage that waits in the stack's bucket. The template's lifecycle rules use it, too. */
export const USAGE_PREFIX = 'usage/'

/** Limit of one write: each entry needs up to three of the 100 items of a transaction. */
export const MAX_ENTRIES = 33

/** Creates the ledger. Calls that end during a write are added together by the next one, so that they do not conflict. */
export function createUsageLedger({ loadTable, loadStore }: UsageLedgerOptions): UsageLedger {
  const waiting: UsageEntry[] = []
  let writing: Promise<void> | undefined

  async function write(): Promise<void> {
    while (waiting.length > 0) await add(waiting.splice(0, MAX_ENTRIES))
    // Not in a callback of the promise: an entry that comes before it would wait for ever.
    writing = undefined
  }

  async function add(entries: readonly UsageEntry[]): Promise<void> {
    try {
      await (await loadTable()).add(entries)
    } catch (error) {
      logger.warn('usage waits for the sweep', { calls: entries.length, ...describeFailure(error) })
      await keep(entries).catch((failure: unknown) =>
        logger.error('usage was lost', { entries, ...describeFailure(failure) }),
      )
    }
  }

  async function keep(entries: readonly UsageEntry[]): Promise<void> {
    const store = await loadStore()
    await store.put({ bucket: store.bucket, key: `${USAGE_PREFIX}${entries[0]?.id}.json` }, JSON.stringify(entries))
  }

  return {
    record(entry) {
      waiting.push(entry)
      writing ??= write()
      return writing
    },
  }
}

/** Returns the loader of the ledger's table, on first use; undefined for a stack without a ledger. */
export function readTableLoader(environment: Readonly<Record<string, string | undefined>>): TableLoader | undefined {
  const { USAGE_TABLE: name, USAGE_RETENTION_DAYS: days = '400', BUDGETS: budgets } = environment
  if (!name) return undefined
  const retentionDays = Number(days)
  if (!Number.isInteger(retentionDays) || retentionDays < 1) {
    throw new ConfigurationError(`USAGE_RETENTION_DAYS is "${days}", it must be a whole number from 1`)
  }
  let loading: Promise<UsageTable> | undefined
  return () => {
    loading ??= import('./usage-table.ts').then(({ createUsageTable }) =>
      createUsageTable({ name, retentionDays, reserves: budgets === 'STRICT' }),
    )
    return loading
  }
}

/**
 * Reads the ledger from the template's parameters.
 *
 * @returns undefined for a stack without a ledger
 * @throws ConfigurationError that names the variable
 */
export function readUsageLedger(
  environment: Readonly<Record<string, string | undefined>>,
  loadStore: StoreLoader,
  loadTable = readTableLoader(environment),
): UsageLedger | undefined {
  if (!loadTable) return undefined
  if (!environment.JOBS_BUCKET) throw new ConfigurationError('JOBS_BUCKET is missing: the ledger keeps usage there')
  return createUsageLedger({ loadTable, loadStore })
}
