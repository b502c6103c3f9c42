const SIGNED_FOR = /Credential=[^/,]+\/\d{8}\/([a-z0-9-]+)\//

/** Returns the Region of the signature; us-east-1 for bearer keys and unsigned requests. */
export function readRegion(headers: Readonly<Record<string, string>>): string {
  return SIGNED_FOR.exec(headers.authorization ?? '')?.[1] ?? 'us-east-1'
}

export function findPartition(region: string): string {
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

/** @param region empty for the destination of global profiles outside any Region */
export function foundationModelArn(partition: string, region: string, modelId: string): string {
  return `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`
}
