import { TemplateError } from '../../template/template-error.ts'
import { type NextRun, parseCron } from './cron.ts'

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }

/**
 * Parses `rate(…)`, which counts from `start` (milliseconds since 1970), or `cron(…)`. Throws a TemplateError that names
 * `ruleName`. Source: EventBridge User Guide, "Rules that run on a schedule".
 */
export function parseSchedule(expression: string, ruleName: string): (start: number) => NextRun {
  const [, kind, content = ''] = /^(rate|cron)\((.*)\)$/.exec(expression.trim()) ?? []
  try {
    if (kind === 'cron') {
      const next = parseCron(content)
      return () => next
    }
    if (kind === 'rate') {
      const period = parseRate(content)
      return (start) => (time) => start + (Math.floor((time - start) / period) + 1) * period
    }
  } catch (error) {
    throw new TemplateError([`${ruleName}.ScheduleExpression: ${expression}: ${(error as Error).message}`])
  }
  throw new TemplateError([`${ruleName}.ScheduleExpression: ${expression} is neither rate(…) nor cron(…)`])
}

/** Parses a rate into milliseconds. The unit is singular for 1 and plural otherwise. */
function parseRate(text: string): number {
  const [, value = '', unit = '', plural = ''] = /^\s*([1-9]\d*)\s+(minute|hour|day)(s?)\s*$/.exec(text) ?? []
  const periodMs = UNIT_MS[unit]
  if (periodMs === undefined) throw new Error('a rate is a number and minutes, hours or days')
  if ((value === '1') === (plural === 's')) throw new Error(`${value} and ${unit}${plural} do not go together`)
  return Number(value) * periodMs
}
