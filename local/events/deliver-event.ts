import type { EventRuleModel, RuleTargetModel } from '../template/model.ts'
import type { EventBridgeEvent } from './event.ts'
import { compilePayload, type PayloadRenderer } from './render-payload.ts'

/** Source: Lambda quotas (asynchronous payload) and SQS quotas (message size), both 1 MB. */
const MAX_PAYLOAD_BYTES = 1_048_576

export interface Delivery {
  /** The same whenever this event goes to this target of this rule: a target that takes every id once gets no event twice. */
  readonly id: string
  readonly event: EventBridgeEvent
  readonly rule: EventRuleModel
}

/** Hands a payload to a target; resolves once the target has it durably. */
export type Deliver = (target: RuleTargetModel, payload: string, delivery: Delivery) => Promise<void>

export interface DeliveryListeners {
  readonly deliver: Deliver
  /** The payload is larger than any target takes: EventBridge drops such an event, too. */
  readonly onDropped: ((target: RuleTargetModel, delivery: Delivery) => void) | undefined
}

/** A rule and what each of its targets gets. */
export interface Route {
  readonly rule: EventRuleModel
  readonly targets: readonly { readonly target: RuleTargetModel; readonly render: PayloadRenderer }[]
}

/** Throws a TemplateError for an input that cannot be served. */
export function compileRoute(rule: EventRuleModel): Route {
  return {
    rule,
    targets: rule.targets.map((target) => ({ target, render: compilePayload(target, rule.logicalId) })),
  }
}

/** Resolves once every target of every route has the event; rejects when one has not, after all have been tried. */
export async function deliverEvent(
  event: EventBridgeEvent,
  routes: readonly Route[],
  { deliver, onDropped }: DeliveryListeners,
): Promise<void> {
  const deliveries = routes.flatMap(({ rule, targets }) => targets.map((target) => ({ rule, ...target })))
  const results = await Promise.allSettled(
    deliveries.map(async ({ rule, target, render }) => {
      const delivery = { id: `${event.id}/${rule.logicalId}/${target.id}`, event, rule }
      const payload = render(event)
      if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) onDropped?.(target, delivery)
      else await deliver(target, payload, delivery)
    }),
  )
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (failures.length === 0) return
  const [first] = failures
  const reason = first instanceof Error ? first.message : String(first)
  throw new AggregateError(
    failures,
    `${failures.length} of ${results.length} targets did not take event ${event.id}: ${reason}`,
  )
}
