import { useEffect, useRef, useState } from 'preact/hooks'
import type { ActivityEntry } from '../activity.ts'
import { call, readEvents } from './api.ts'

export type EntryOf<Kind extends ActivityEntry['kind']> = Extract<ActivityEntry, { readonly kind: Kind }>

/** Record of a function that has answered a request, as its log has it. */
export interface AnswerRecord {
  readonly message?: string
  readonly level?: string
  readonly timestamp?: string
  readonly operation?: string
  readonly gatewayRequestId?: string
  readonly bedrockRequestId?: string
  readonly modelId?: string
  readonly caller?: string
  readonly statusCode?: number
  readonly durationMs?: number
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly estimatedCostUsd?: number | null
}

/** Pause between two drawings of new entries. */
const DRAW_INTERVAL_MS = 250

/** Pause before the page connects again to a stack that has ended. */
const RECONNECT_MS = 2000

/** Entries that the page keeps. */
const MAX_ENTRIES = 30_000

/** Entries of the stack's activity, oldest first, while `isOn`. They come by server-sent events of GET /_local/activity. */
export function useActivity(isOn: boolean): readonly ActivityEntry[] {
  const [entries, setEntries] = useState<readonly ActivityEntry[]>([])
  const waiting = useRef<ActivityEntry[]>([])

  useEffect(() => {
    if (!isOn) return
    const abort = new AbortController()
    let lastId = 0
    const drawing = setInterval(() => {
      if (waiting.current.length === 0) return
      const added = waiting.current
      waiting.current = []
      setEntries((known) => [...known, ...added].slice(-MAX_ENTRIES))
    }, DRAW_INTERVAL_MS)
    const listen = async () => {
      const response = await call(`_local/activity?after=${lastId}`, { signal: abort.signal })
      for await (const { data } of readEvents(response)) {
        const added = JSON.parse(data) as ActivityEntry[]
        lastId = added.at(-1)?.id ?? lastId
        waiting.current.push(...added)
      }
    }
    const keepListening = async () => {
      while (!abort.signal.aborted) {
        await listen().catch(() => {})
        // A stack that has started again numbers from 1.
        lastId = 0
        waiting.current = []
        setEntries([])
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS))
      }
    }
    void keepListening()
    return () => {
      abort.abort()
      clearInterval(drawing)
    }
  }, [isOn])

  return entries
}

/** Records of answered calls among the log entries. */
export function answerRecords(entries: readonly ActivityEntry[]): AnswerRecord[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'log' || typeof entry.record === 'string') return []
    const record = entry.record as AnswerRecord
    return record.operation !== undefined && record.durationMs !== undefined ? [record] : []
  })
}
