import { randomUUID } from 'node:crypto'
import type { EventRuleModel, RuleTargetModel } from '../template/model.ts'
import { compileRoute, type Deliver, type Delivery, deliverEvent, type Route } from './deliver-event.ts'
import { type EventBridgeEvent, type EventDraft, renderEvent } from './event.ts'
import { compilePattern } from './pattern/compile-pattern.ts'

export interface EventBusOptions {
  /** Rules of all buses. Disabled rules are checked and get no events. */
  readonly rules: readonly EventRuleModel[]
  readonly accountId: string
  readonly region: string
  readonly deliver: Deliver
  /** Called for a payload over the limit of all targets, which is dropped as in EventBridge. */
  readonly onDropped?: (target: RuleTargetModel, delivery: Delivery) => void
  /** Called once every target has a published event. */
  readonly onPublished?: (draft: EventDraft) => void
}

export interface EventBus {
  /**
   * Matches an event against the rules of its bus and delivers it. Resolves once every target has it. When a target fails,
   * tries the others and then rejects; the caller offers the event again with the same id.
   */
  accept(event: EventBridgeEvent, eventBusName?: string): Promise<void>
  /** Creates an event with a new id and accepts it. Resolves to the id. */
  publish(draft: EventDraft, eventBusName?: string): Promise<string>
}

interface PatternRoute extends Route {
  readonly matches: (event: object) => boolean
}

const DEFAULT_BUS = 'default'

/**
 * EventBridge's buses, for rules with patterns. Keeps no state: the sender keeps an event until every target has it. Throws
 * a TemplateError for an unsupported pattern or input.
 */
export function createEventBus({
  rules,
  accountId,
  region,
  deliver,
  onDropped,
  onPublished,
}: EventBusOptions): EventBus {
  const routes = rules.flatMap<PatternRoute>((rule) =>
    rule.pattern ? [{ ...compileRoute(rule), matches: compilePattern(rule.pattern, rule.logicalId) }] : [],
  )

  async function accept(event: EventBridgeEvent, eventBusName: string = DEFAULT_BUS): Promise<void> {
    const matching = routes.filter(
      ({ rule, matches }) => rule.enabled && rule.eventBusName === eventBusName && matches(event),
    )
    await deliverEvent(event, matching, { deliver, onDropped })
  }

  return {
    accept,
    async publish(draft, eventBusName) {
      const id = randomUUID()
      await accept(renderEvent(id, draft, { accountId, region }), eventBusName)
      onPublished?.(draft)
      return id
    },
  }
}
