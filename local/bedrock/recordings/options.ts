/** How to reach the real Bedrock. By default the AWS SDK finds everything in the environment and the shared files. */
export interface BedrockAccess {
  /** By default that of AWS_ENDPOINT_URL_BEDROCK_RUNTIME, or that of AWS in the region. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

export interface RecordOptions {
  /** Directory of the recordings; created when missing. */
  readonly directory: string
  readonly bedrock?: BedrockAccess | undefined
}

export interface ReplayOptions {
  /** Directory of the recordings. */
  readonly directory: string
  /** False sends streams at once instead of with their recorded timing. */
  readonly isTimed?: boolean | undefined
}
