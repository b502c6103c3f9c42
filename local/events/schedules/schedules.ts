import { randomUUID } from 'node:crypto'
import type { EventRuleModel, RuleTargetModel } from '../../template/model.ts'
import { compileRoute, type Deliver, type Delivery, deliverEvent, type Route } from '../deliver-event.ts'
import { renderEvent } from '../event.ts'
import { type Clock, systemClock } from './clock.ts'
import type { NextRun } from './cron.ts'
import { parseSchedule } from './parse-schedule.ts'

export interface SchedulesOptions {
  /** Rules without a schedule are ignored; disabled ones run only by `fireNow`. */
  readonly rules: readonly EventRuleModel[]
  readonly accountId: string
  readonly region: string
  /** Delivers a run's payload to a target. */
  readonly fire: Deliver
  readonly clock?: Clock
  /** Called when a target fails to take a run. The next attempt is the next run. */
  readonly onFailed?: (ruleName: string, error: unknown) => void
  readonly onDropped?: (target: RuleTargetModel, delivery: Delivery) => void
}

export interface Schedules {
  /** Starts the timers. Rates count from here. */
  start(): void
  /** Runs a rule once, by its name or logical id. Resolves once its targets have the event. */
  fireNow(ruleName: string): Promise<void>
  close(): void
}

interface ScheduledRoute extends Route {
  readonly schedule: (start: number) => NextRun
}

/**
 * Runs rules at their times. A run that is missed (laptop asleep, stack not started) is not repeated later. Throws a
 * TemplateError for an invalid expression.
 */
export function createSchedules(options: SchedulesOptions): Schedules {
  const { accountId, region, clock = systemClock, fire, onDropped, onFailed } = options
  const routes = options.rules.flatMap<ScheduledRoute>((rule) =>
    rule.schedule === undefined
      ? []
      : [{ ...compileRoute(rule), schedule: parseSchedule(rule.schedule, rule.logicalId) }],
  )
  const waiting = new Map<Route, () => void>()

  function run(route: Route): Promise<void> {
    const { name, eventBusName } = route.rule
    const resource = eventBusName === 'default' ? name : `${eventBusName}/${name}`
    const draft = {
      source: 'aws.events',
      detailType: 'Scheduled Event',
      detail: {},
      resources: [`arn:aws:events:${region}:${accountId}:rule/${resource}`],
      time: clock.now(),
    }
    const event = renderEvent(randomUUID(), draft, { accountId, region })
    return deliverEvent(event, [route], { deliver: fire, onDropped })
  }

  function wait(route: Route, next: NextRun, lastRun: number): void {
    const time = next(Math.max(lastRun, clock.now()))
    if (time === undefined) return
    const cancel = clock.after(time - clock.now(), () => {
      wait(route, next, time)
      run(route).catch((error: unknown) => onFailed?.(route.rule.name, error))
    })
    waiting.set(route, cancel)
  }

  return {
    start() {
      const start = clock.now()
      for (const route of routes) if (route.rule.enabled) wait(route, route.schedule(start), start)
    },
    async fireNow(ruleName) {
      const route = routes.find(({ rule }) => rule.name === ruleName || rule.logicalId === ruleName)
      if (!route) throw new Error(`there is no scheduled rule ${ruleName}`)
      await run(route)
    },
    close() {
      for (const cancel of waiting.values()) cancel()
      waiting.clear()
    },
  }
}
