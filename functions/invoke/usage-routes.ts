import type { Route } from '@bedrock-functions/runtime/http'
import { loadUsageReports, type TableLoader } from '@bedrock-functions/runtime/pipeline/usage'

export interface UsageDependencies {
  /** Table of the ledger; undefined for a stack without a ledger. */
  readonly loadTable: TableLoader | undefined
  /** Patterns of the callers who may see the usage of all. */
  readonly operators: readonly string[]
}

/** Creates the routes GET /usage, which shows the usage of the caller, and GET /usage/callers for operators. */
export function createUsageRoutes(dependencies: UsageDependencies): Route[] {
  return [
    {
      operation: 'GetUsage',
      method: 'GET',
      path: '/usage',
      handle: async ({ request }) => (await loadUsageReports()).reportUsage(request, dependencies),
    },
    {
      operation: 'ListCallerUsage',
      method: 'GET',
      path: '/usage/callers',
      handle: async ({ request }) => (await loadUsageReports()).reportCallers(request, dependencies),
    },
  ]
}
