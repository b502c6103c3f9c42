import type { JsonObject } from '../shapes/json.ts'

export type InvocationStatus = 'InProgress' | 'Completed' | 'Failed'

/** State of one asynchronous invocation, for the journal and GetAsyncInvoke. */
export interface Invocation {
  readonly invocationArn: string
  readonly modelArn: string
  readonly clientRequestToken?: string
  /** Hash that distinguishes requests with the same token. */
  readonly requestHash: string
  /** Model id as the caller wrote it. */
  readonly outputDataConfig: JsonObject
  /** Number in order of submission; grows across restarts. */
  readonly sequence: number
  /** Milliseconds since 1970, like the next two. */
  readonly submitTime: number
  readonly lastModifiedTime: number
  readonly endTime?: number
  readonly status: InvocationStatus
  readonly failureMessage?: string
  /** Undefined once the invocation has ended. */
  readonly work?: Work
}

/** Remaining work of an invocation. */
export interface Work {
  /** Foundation-model id. */
  readonly modelId: string
  /** Model input with hashes instead of media. */
  readonly modelInput: JsonObject
  /** Time of the end, in milliseconds since 1970. */
  readonly dueTime: number
  /** Failure message requested by a directive. */
  readonly failure?: string
}

export type InvocationEnd =
  | { readonly status: 'Completed' }
  | { readonly status: 'Failed'; readonly failureMessage: string }

/** Returns the last part of an ARN, 12 letters and digits. */
export function invocationId({ invocationArn }: Pick<Invocation, 'invocationArn'>): string {
  return invocationArn.slice(invocationArn.lastIndexOf('/') + 1)
}

/**
 * Renders an invocation for GetAsyncInvoke and ListAsyncInvokes. Its s3Uri is the folder of the invocation, because AWS's
 * samples append file names to it.
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
