import { useRef, useState } from 'preact/hooks'
import { type Answer, addEvent, startAnswer } from './answer.ts'
import { ApiError, call, readEvents } from './api.ts'
import type { ConverseRequest, StreamData } from './bedrock.ts'

/** One event of a stream as it came. */
export interface RawEvent {
  readonly id: number
  readonly atMs: number
  readonly name: string
  readonly data: string
}

/** Events that are kept for the list of raw events. */
const MAX_RAW_EVENTS = 2000

/** Time in ms of reading events, after which the page may draw and hear its user. */
const MAX_READING_MS = 10

export interface Stream {
  readonly answer: Answer
  readonly rawEvents: RawEvent[]
  readonly isRunning: boolean
}

/**
 * State of one conversation's stream. Its parts are drawn frame by frame from the answer, which is changed in place;
 * the component itself is only drawn anew when a part begins or the stream ends.
 */
export function useStream() {
  const [stream, setStream] = useState<Stream>()
  const stopping = useRef<AbortController | undefined>(undefined)

  /** Resolves to the answer at its end, whatever the end is. */
  async function start(modelId: string, request: ConverseRequest): Promise<Answer> {
    const abort = new AbortController()
    stopping.current = abort
    const answer = startAnswer(performance.now())
    const rawEvents: RawEvent[] = []
    const show = (isRunning: boolean) => setStream({ answer, rawEvents, isRunning })
    show(true)
    try {
      const response = await call(`model/${encodeURIComponent(modelId)}/converse-stream`, {
        body: request,
        headers: { accept: 'text/event-stream' },
        signal: abort.signal,
      })
      let id = 0
      let readingSince = performance.now()
      for await (const { name, data } of readEvents(response)) {
        const now = performance.now()
        const parts = answer.parts.size
        addEvent(answer, name, JSON.parse(data) as StreamData, now)
        id += 1
        rawEvents.push({ id, atMs: now - answer.startedAt, name, data })
        if (rawEvents.length > 2 * MAX_RAW_EVENTS) rawEvents.splice(0, MAX_RAW_EVENTS)
        if (answer.parts.size !== parts) show(true)
        if (now - readingSince > MAX_READING_MS) {
          await new Promise((resolve) => setTimeout(resolve))
          readingSince = performance.now()
        }
      }
    } catch (error) {
      answer.error = describeError(error)
    }
    answer.endedAt = performance.now()
    show(false)
    return answer
  }

  return { stream, start, stop: () => stopping.current?.abort(), clear: () => setStream(undefined) }
}

/** Name and message of any failure of a call. */
export function describeError(error: unknown): { type: string; message: string } {
  if (error instanceof ApiError) return { type: error.type, message: error.message }
  if (error instanceof DOMException && error.name === 'AbortError')
    return { type: 'Stopped', message: 'You stopped this answer.' }
  return { type: 'NetworkError', message: error instanceof Error ? error.message : String(error) }
}
