import { createId, nowInSeconds } from '../openai/ids.ts'

/** Facts about a request that decide on the form of its answer. */
export interface CompletionForm {
  /** Resolved model. */
  readonly modelId: string
  /** True if the answer is the input of a tool. */
  readonly isFormat: boolean
  /** True if a stream ends with a chunk that has the usage. */
  readonly includesUsage: boolean
}

/** Members that all objects of an answer have: the chunks of a stream have the same. */
export interface CompletionHead {
  readonly id: string
  readonly object: 'chat.completion' | 'chat.completion.chunk'
  readonly created: number
  readonly model: string
}

export function createHead(object: CompletionHead['object'], { modelId }: CompletionForm): CompletionHead {
  return { id: createId('chatcmpl-'), object, created: nowInSeconds(), model: modelId }
}
