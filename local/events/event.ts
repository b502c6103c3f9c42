/** An event as EventBridge delivers it; the embedded S3 sends the same shape. Source: EventBridge User Guide, "Event structure". */
export interface EventBridgeEvent {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': string
  readonly source: string
  readonly account: string
  /** ISO 8601, whole seconds. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: object
}

/** The sender's part of an event. */
export interface EventDraft {
  readonly source: string
  readonly detailType: string
  readonly detail: object
  readonly resources: readonly string[]
  /** Milliseconds since 1970. */
  readonly time: number
}

/** Account and region of all events. */
export interface EventOwner {
  readonly accountId: string
  readonly region: string
}

export function renderEvent(id: string, draft: EventDraft, { accountId, region }: EventOwner): EventBridgeEvent {
  return {
    version: '0',
    id,
    'detail-type': draft.detailType,
    source: draft.source,
    account: accountId,
    time: new Date(draft.time).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: draft.resources,
    detail: draft.detail,
  }
}
