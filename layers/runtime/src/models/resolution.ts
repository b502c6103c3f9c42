import type { Lifecycle, LifecycleStatus, RuleTable } from './model-row.ts'
import resolution from './resolution.json' with { type: 'json' }

/**
 * What resolving a model's id takes of the catalogue, small enough to be there at every cold start. Generated from
 * models.json by `npm run models:refresh`.
 */
export interface Resolution {
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Prefixes of profiles by foundation model, `base` among them unless its own id is known not to be called. */
  readonly models: Readonly<Record<string, readonly string[]>>
  /** Of the models that end or have ended. */
  readonly lifecycles: Readonly<Record<string, Lifecycle>>
  /** Rules of lines, and of models where they differ from those of their line. */
  readonly rules: RuleTable
}

// tests/unit/catalogue/data.test.ts checks that it is one.
export const RESOLUTION = resolution as unknown as Resolution

/** Where a model stands on a day (YYYY-MM-DD). */
export function statusOn(
  day: string,
  { status, legacyDate, endOfLifeDate }: Pick<Lifecycle, 'status' | 'legacyDate' | 'endOfLifeDate'>,
): LifecycleStatus {
  if (status === 'END_OF_LIFE' || (endOfLifeDate !== null && endOfLifeDate <= day)) return 'END_OF_LIFE'
  return status === 'LEGACY' || (legacyDate !== null && legacyDate <= day) ? 'LEGACY' : 'ACTIVE'
}

/**
 * What a caller of a model that ends should know; undefined for one that does not.
 *
 * @param successor the id to call instead, undefined where there is none to name
 */
export function describeEnd(
  baseId: string,
  lifecycle: Lifecycle,
  day: string,
  successor: string | undefined,
): string | undefined {
  const status = statusOn(day, lifecycle)
  if (status === 'ACTIVE') return undefined
  const { endOfLifeDate } = lifecycle
  const advice = successor === undefined ? '' : `; use ${successor} instead`
  if (status === 'END_OF_LIFE') {
    return `${baseId} reached its end of life${endOfLifeDate === null ? '' : ` on ${endOfLifeDate}`}${advice}`
  }
  return `${baseId} is legacy${endOfLifeDate === null ? '' : ` and ends on ${endOfLifeDate}`}${advice}`
}
