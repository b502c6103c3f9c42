/** Parts of Bedrock's Converse contract that the page reads and writes. Source: Bedrock Runtime API Reference, Converse. */
export interface ContentBlock {
  readonly text?: string
  readonly image?: Media
  readonly document?: Media & { readonly name: string }
  readonly reasoningContent?: {
    readonly reasoningText?: { readonly text: string; readonly signature?: string }
    readonly redactedContent?: string
  }
  readonly toolUse?: { readonly toolUseId: string; readonly name: string; readonly input: unknown }
  readonly toolResult?: { readonly toolUseId: string; readonly content: readonly unknown[] }
  readonly citationsContent?: {
    readonly content?: readonly { readonly text: string }[]
    readonly citations?: readonly unknown[]
  }
}

export interface Media {
  readonly format: string
  readonly source: { readonly bytes: string } | { readonly s3Location: { readonly uri: string } }
}

export interface Message {
  readonly role: 'user' | 'assistant'
  readonly content: readonly ContentBlock[]
}

export interface ConverseRequest {
  readonly messages: readonly Message[]
  readonly system?: readonly { readonly text: string }[]
  readonly inferenceConfig?: Readonly<Record<string, number>>
  readonly toolConfig?: { readonly tools: readonly unknown[] }
  readonly additionalModelRequestFields?: unknown
}

export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly cacheReadInputTokens?: number
  readonly cacheWriteInputTokens?: number
}

/** Data of an event of ConverseStream. */
export interface StreamData {
  readonly contentBlockIndex?: number
  readonly start?: { readonly toolUse?: { readonly toolUseId: string; readonly name: string } }
  readonly delta?: {
    readonly text?: string
    readonly reasoningContent?: {
      readonly text?: string
      readonly signature?: string
      readonly redactedContent?: string
    }
    readonly toolUse?: { readonly input: string }
    readonly citation?: unknown
  }
  readonly stopReason?: string
  readonly usage?: Usage
  readonly metrics?: { readonly latencyMs?: number }
  readonly estimatedCost?: { readonly usd: number | null }
  readonly message?: string
  readonly type?: string
}
