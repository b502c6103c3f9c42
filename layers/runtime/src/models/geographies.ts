/** Where inference profiles route to: the labels before a foundation model's id. */
export const PROFILE_PREFIXES = ['global', 'us', 'eu', 'jp', 'apac', 'au', 'in', 'ca', 'us-gov'] as const

/** Whether requests may be answered anywhere or within the region's geography only. */
export type Residency = 'global' | 'geography'

/**
 * Geographies around a region, the closest first. A wider one is for models that have no closer profile: in Tokyo, Nova
 * has `apac` and Claude 4.5 has `jp` only.
 */
const GEOGRAPHIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^us-gov-/, ['us-gov']],
  [/^us-/, ['us']],
  [/^ca-/, ['ca']],
  [/^eu-/, ['eu']],
  [/^ap-northeast-[13]$/, ['jp', 'apac']],
  [/^ap-southeast-[24]$/, ['au', 'apac']],
  [/^ap-south-/, ['in', 'apac']],
  [/^ap-/, ['apac']],
]

/** Partitions from which global profiles cannot be reached. */
const CLOSED_REGION = /^(?:us-gov|us-iso|eu-isoe|cn|eusc)-?/

/** Prefixes of the profiles that a region may call, the best first: global before its geographies, where it may be. */
export function reachablePrefixes(region: string, residency: Residency): readonly string[] {
  const [, geographies = []] = GEOGRAPHIES.find(([pattern]) => pattern.test(region)) ?? []
  return residency === 'global' && !CLOSED_REGION.test(region) ? ['global', ...geographies] : geographies
}
