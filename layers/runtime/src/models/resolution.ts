import type { Lifecycle, LifecycleStatus, RuleTable } from './model-row.ts'
import resolution from './resolution.json' with { type: 'json' }

/**
 * Part of the catalogue that every call needs, small enough for each cold start. `npm run models:refresh` generates it from
 * models.json.
 */
export interface Resolution {
  readonly aliases: Readonly<Record<string, readonly string[]>>
  /** Prefixes of profiles by foundation model. `base` is one of them unless the bare id is known to be refused. */
  readonly models: Readonly<Record<string, readonly string[]>>
  /** Lifecycles of models that end or have ended. */
  readonly lifecycles: Readonly<Record<string, Lifecycle>>
  /** Rules of lines, and of models where they differ from those of their line. */
  readonly rules: RuleTable
}

// tests/unit/catalogue/data.test.ts checks that it is one.
export const RESOLUTION = resolution as unknown as Resolution

/** Status of a model on a day (YYYY-MM-DD). */
export function statusOn(
  day: string,
  { status, legacyDate, endOfLifeDate }: Pick<Lifecycle, 'status' | 'legacyDate' | 'endOfLifeDate'>,
): LifecycleStatus {
  if (status === 'END_OF_LIFE' || (endOfLifeDate !== null && endOfLifeDate <= day)) return 'END_OF_LIFE'
  return status === 'LEGACY' || (legacyDate !== null && legacyDate <= day) ? 'LEGACY' : 'ACTIVE'
}

/**
 * Describes the end of a model for its callers.
 *
 * @param successor the id to call instead; undefined: there is none
 * @returns undefined for an active model
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
