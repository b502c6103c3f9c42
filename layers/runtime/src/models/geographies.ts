/** Prefixes of inference profiles: labels in front of a foundation model id that say where the profile routes to. */
export const PROFILE_PREFIXES = ['global', 'us', 'eu', 'jp', 'apac', 'au', 'in', 'ca', 'us-gov'] as const

/** Area in which requests may be answered: anywhere, or only in the geography of the Region. */
export type Residency = 'global' | 'geography'

/**
 * Geographies of a Region, the closest first. A wider one is for models without a closer profile: in Tokyo, Nova has only
 * `apac` and Claude 4.5 only `jp`.
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

/** Regions of partitions that cannot reach global profiles. */
const CLOSED_REGION = /^(?:us-gov|us-iso|eu-isoe|cn|eusc)-?/

/** Prefixes of the profiles that a Region can call, the best first. `global`, if allowed, comes before the geographies. */
export function reachablePrefixes(region: string, residency: Residency): readonly string[] {
  const [, geographies = []] = GEOGRAPHIES.find(([pattern]) => pattern.test(region)) ?? []
  return residency === 'global' && !CLOSED_REGION.test(region) ? ['global', ...geographies] : geographies
}
