import { randomUUID } from 'node:crypto'
import type { EventRuleModel, RuleTargetModel } from '../template/model.ts'
import { compileRoute, type Deliver, type Delivery, deliverEvent, type Route } from './deliver-event.ts'
import { type EventBridgeEvent, type EventDraft, renderEvent } from './event.ts'
import { compilePattern } from './pattern/compile-pattern.ts'

export interface EventBusOptions {
  /** Of all buses; disabled ones are checked and left aside. */
  readonly rules: readonly EventRuleModel[]
  readonly accountId: string
  readonly region: string
  readonly deliver: Deliver
  /** The payload is larger than any target takes: EventBridge drops such an event, too. */
  readonly onDropped?: (target: RuleTargetModel, delivery: Delivery) => void
  /** Every target has an event that was published. */
  readonly onPublished?: (draft: EventDraft) => void
}

export interface EventBus {
  /**
   * Matches an event against the rules of its bus and delivers it. Resolves once every target has it; rejects when one
   * has not, after all have been tried: to be offered again then, with the same id.
   */
  accept(event: EventBridgeEvent, eventBusName?: string): Promise<void>
  /** Makes an event with a new id and accepts it. Resolves to the id. */
  publish(draft: EventDraft, eventBusName?: string): Promise<string>
}

interface PatternRoute extends Route {
  readonly matches: (event: object) => boolean
}

const DEFAULT_BUS = 'default'

/**
 * EventBridge's buses as far as rules with patterns go. Keeps no state: an event stays with its sender until every target
 * has it. Throws a TemplateError for a pattern or an input that it cannot serve.
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
