import '../../core/index.ts'

export { readBudgetGate } from './budget-gate.ts'
export { settleUsage } from './settle-usage.ts'
export type { UsageRow } from './usage-entry.ts'
export { readTableLoader, readUsageLedger, type TableLoader } from './usage-ledger.ts'
export { readUsageOperators } from './usage-operators.ts'

/** Loads the reports with the first request for one. */
export const loadUsageReports = () => import('./usage-reports.ts')

/** Loads what announces budgets, in the sweep of a stack with a ledger. */
export const loadAnnouncer = () => import('./announce-budgets.ts')
