import '../../core/index.ts'

export { settleUsage } from './settle-usage.ts'
export { readTableLoader, readUsageLedger } from './usage-ledger.ts'
