const SIGNED_FOR = /Credential=[^/,]+\/\d{8}\/([a-z0-9-]+)\//

/** The Region that a request was signed for; bearer keys and unsigned requests count as us-east-1. */
export function readRegion(headers: Readonly<Record<string, string>>): string {
  return SIGNED_FOR.exec(headers.authorization ?? '')?.[1] ?? 'us-east-1'
}

export function partitionOf(region: string): string {
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** @param region empty for global profiles' way to anywhere */
export function foundationModelArn(partition: string, region: string, modelId: string): string {
  return `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`
}
