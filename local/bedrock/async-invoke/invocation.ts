import type { JsonObject } from '../shapes/json.ts'

export type InvocationStatus = 'InProgress' | 'Completed' | 'Failed'

/** One asynchronous invocation as it stands: what the journal keeps and GetAsyncInvoke tells from. */
export interface Invocation {
  readonly invocationArn: string
  readonly modelArn: string
  readonly clientRequestToken?: string
  /** Tells the same request from another one with the same token. */
  readonly requestHash: string
  /** As the caller wrote it. */
  readonly outputDataConfig: JsonObject
  /** Orders invocations by their submission; grows across restarts. */
  readonly sequence: number
  /** Milliseconds since 1970, all three. */
  readonly submitTime: number
  readonly lastModifiedTime: number
  readonly endTime?: number
  readonly status: InvocationStatus
  readonly failureMessage?: string
  /** Until it has ended. */
  readonly work?: Work
}

/** What is left to do. */
export interface Work {
  /** A foundation model's id. */
  readonly modelId: string
  /** The model's input with its media condensed to hashes. */
  readonly modelInput: JsonObject
  /** When it ends, in milliseconds since 1970. */
  readonly dueTime: number
  /** The failure that a directive asks for. */
  readonly failure?: string
}

export type InvocationEnd =
  | { readonly status: 'Completed' }
  | { readonly status: 'Failed'; readonly failureMessage: string }

/** The last part of an ARN: 12 letters and digits. */
export function invocationId({ invocationArn }: Pick<Invocation, 'invocationArn'>): string {
  return invocationArn.slice(invocationArn.lastIndexOf('/') + 1)
}

/**
 * What GetAsyncInvoke and ListAsyncInvokes answer of one. Its s3Uri is the invocation's own folder: AWS's samples put the
 * files' names behind what is answered.
 */
export function describeInvocation(invocation: Invocation): JsonObject {
  const { invocationArn, modelArn, clientRequestToken, status, failureMessage, endTime, outputDataConfig } = invocation
  const location = outputDataConfig.s3OutputDataConfig as { readonly s3Uri: string }
  const s3Uri = `${location.s3Uri.replace(/\/$/, '')}/${invocationId(invocation)}`
  return {
    invocationArn,
    modelArn,
    ...(clientRequestToken !== undefined && { clientRequestToken }),
    status,
    ...(failureMessage !== undefined && { failureMessage }),
    submitTime: formatTime(invocation.submitTime),
    lastModifiedTime: formatTime(invocation.lastModifiedTime),
    ...(endTime !== undefined && { endTime: formatTime(endTime) }),
    outputDataConfig: { s3OutputDataConfig: { ...location, s3Uri } },
  }
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
