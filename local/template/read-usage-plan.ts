import type { JsonObject } from './json.ts'
import type { UsagePlanModel } from './model.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'

/** Reads a resolved AWS::ApiGateway::UsagePlan. */
export function readUsagePlan(logicalId: string, resource: JsonObject): UsagePlanModel {
  const plan = createPropertyReader(logicalId, resource).within('Properties')
  return {
    logicalId,
    name: plan.optionalString('UsagePlanName') ?? logicalId,
    throttle: isGiven(plan, 'Throttle') ? readThrottle(plan.within('Throttle')) : undefined,
    quota: isGiven(plan, 'Quota') ? readQuota(plan.within('Quota')) : undefined,
  }
}

const isGiven = (plan: PropertyReader, name: string) => Object.keys(plan.map(name)).length > 0

/** Reads the rate and the burst; without a burst one request at a time is allowed. */
function readThrottle(throttle: PropertyReader): UsagePlanModel['throttle'] {
  const requestsPerSecond = throttle.optionalNumber('RateLimit') ?? throttle.fail('RateLimit', 'is required')
  return { requestsPerSecond, burst: throttle.optionalNumber('BurstLimit') ?? Math.max(1, requestsPerSecond) }
}

function readQuota(quota: PropertyReader): UsagePlanModel['quota'] {
  const requests = quota.optionalNumber('Limit') ?? quota.fail('Limit', 'is required')
  return { requests, period: quota.oneOf('Period', ['DAY', 'WEEK', 'MONTH'], 'MONTH') }
}
