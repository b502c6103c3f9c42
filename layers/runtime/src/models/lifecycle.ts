import type { Lifecycle, LifecycleStatus } from './model.ts'

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
