import { readJsonObject } from '../../layers/runtime/src/json/json-document.ts'

/** Message in the dead-letter queue. */
export interface DeadLetterMessage {
  readonly body: string
  /** Attributes that EventBridge adds to an event that it could not deliver. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Dead letter in one of the three shapes of the queue. Payloads keep the bytes of the message. */
export type DeadLetter =
  /** Event about a failed job, which can succeed later. */
  | { readonly kind: 'job'; readonly id: string; readonly why: string }
  /** Record of Lambda about an asynchronous invocation that failed three times. */
  | { readonly kind: 'invocation'; readonly target: string; readonly payload: string; readonly why: string }
  /** Event that EventBridge could not deliver to a function or to the workflow. */
  | { readonly kind: 'event'; readonly target: string; readonly payload: string; readonly why: string }

/** Reads a dead letter; undefined for a message of no known shape. */
export function readDeadLetter({ body, attributes }: DeadLetterMessage): DeadLetter | undefined {
  const document = readIfJson(body)
  if (!document) return undefined
  const { TARGET_ARN: target } = attributes
  if (target !== undefined) {
    return { kind: 'event', target, payload: body, why: attributes.ERROR_CODE ?? 'it could not be delivered' }
  }
  const context = document.get('requestContext')
  const functionArn = context?.get('functionArn')?.text
  const payload = document.get('requestPayload')
  if (functionArn !== undefined && payload) {
    const error = document.get('responsePayload')?.get('errorType')?.text
    const why = error ?? context?.get('condition')?.text ?? 'it failed'
    return { kind: 'invocation', target: functionArn, payload: Buffer.from(payload.bytes).toString(), why }
  }
  const detail = document.get('detail')
  const id = /\/(?<id>[a-z0-9]{12})$/.exec(detail?.get('jobArn')?.text ?? '')?.groups?.id
  if (document.get('detail-type')?.text !== 'Inference Job State Change' || id === undefined) return undefined
  return { kind: 'job', id, why: detail?.get('failureType')?.text ?? 'it failed' }
}

function readIfJson(body: string) {
  try {
    return readJsonObject(Buffer.from(body)).root
  } catch {
    return undefined
  }
}
