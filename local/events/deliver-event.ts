import type { EventRuleModel, RuleTargetModel } from '../template/model.ts'
import type { EventBridgeEvent } from './event.ts'
import { compilePayload, type PayloadRenderer } from './render-payload.ts'

/** Limit of all targets. Source: Lambda quotas (asynchronous payload) and SQS quotas (message size), both 1 MB. */
const MAX_PAYLOAD_BYTES = 1_048_576

export interface Delivery {
  /** Identifies this event for this target of this rule. A target that accepts each id once gets no event twice. */
  readonly id: string
  readonly event: EventBridgeEvent
  readonly rule: EventRuleModel
}

/** Delivers a payload to a target; resolves once it is durable there. */
export type Deliver = (target: RuleTargetModel, payload: string, delivery: Delivery) => Promise<void>

export interface DeliveryListeners {
  readonly deliver: Deliver
  /** Called for a payload over the limit of all targets, which is dropped as in EventBridge. */
  readonly onDropped: ((target: RuleTargetModel, delivery: Delivery) => void) | undefined
}

/** A rule with the payload of each target. */
export interface Route {
  readonly rule: EventRuleModel
  readonly targets: readonly { readonly target: RuleTargetModel; readonly render: PayloadRenderer }[]
}

/** Compiles a rule's targets. Throws a TemplateError for an unsupported input. */
export function compileRoute(rule: EventRuleModel): Route {
  return {
    rule,
    targets: rule.targets.map((target) => ({ target, render: compilePayload(target, rule.logicalId) })),
  }
}

/** Delivers to every target of every route. When a target fails, tries the others and then rejects. */
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
