import { BedrockError, type RestReply } from '../../core/errors.ts'
import type { Sink, StreamReply } from '../../core/model-call.ts'
import type { ResponseStore } from './response-store.ts'
import type { ResponsesCall } from './responses.ts'

const STORE_FAILURE = 'InternalServerException'

type StoredCall = Pick<ResponsesCall, 'finished' | 'writeInput' | 'release'>

/**
 * Stores the response of a call before the client sees its end, so that the next request finds it. If it cannot be stored, the
 * call fails.
 */
export async function storeReply(
  reply: RestReply | StreamReply,
  call: StoredCall,
  store: Pick<ResponseStore, 'save'>,
): Promise<RestReply | StreamReply> {
  if (!('forward' in reply)) {
    await save(call, store)
    // A whole answer that is written as a stream still lacks its last event.
    return { ...reply, body: Buffer.concat([reply.body, call.release()]) }
  }
  return {
    ...reply,
    async forward(sink, remainingMs) {
      const end = await reply.forward(withoutEnd(sink), remainingMs)
      if (end.ended === 'client-gone') return end
      const failure = await save(call, store).then(
        () => undefined,
        (cause: unknown) => ({ ended: STORE_FAILURE, cause }),
      )
      const last = call.release(failure && new BedrockError(STORE_FAILURE, 'The response could not be stored.'))
      if (last.length > 0) sink.write(last)
      sink.end()
      return { ...end, ...failure }
    },
  }
}

async function save({ finished, writeInput }: StoredCall, store: Pick<ResponseStore, 'save'>): Promise<void> {
  if (finished && finished.status !== 'failed') await store.save(finished, writeInput())
}

/** Returns the sink without its end, which comes after the last event. */
function withoutEnd(sink: Sink): Sink {
  return {
    write: sink.write.bind(sink),
    on: sink.on.bind(sink),
    end: () => sink,
  } as Sink
}
