import type { LocalStackEvents } from '../start-local-stack.ts'
import { type Activity, readLogRecord } from './activity.ts'

/** Returns the same events, which are also added to the activity. */
export function recordEvents(events: LocalStackEvents, activity: Activity): LocalStackEvents {
  return {
    ...events,
    onRequest(summary) {
      activity.add({ kind: 'request', ...summary })
      events.onRequest(summary)
    },
    onBedrockRequest(summary) {
      const { failure: _, ...told } = summary
      activity.add({ kind: 'bedrock', ...told })
      events.onBedrockRequest(summary)
    },
    onInvocation(outcome) {
      activity.add({ kind: 'invocation', ...outcome })
      events.onInvocation(outcome)
    },
    onPublished(event) {
      const { detailType, detail, resources } = event
      activity.add({ kind: 'event', detailType, status: (detail as { readonly status?: unknown }).status, resources })
      events.onPublished(event)
    },
    onExecution(summary) {
      activity.add({ kind: 'execution', ...summary })
      events.onExecution(summary)
    },
    onLog(line) {
      const record = readLogRecord(line.line)
      if (record !== undefined) activity.add({ kind: 'log', functionName: line.functionName, record })
      events.onLog(line)
    },
  }
}
