import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Event that a function got. */
export interface Collected {
  readonly requestId: string
  /** Any shape. A test that reads a wrong one fails. */
  readonly event: ReturnType<typeof JSON.parse>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Collects the events of fixtures/handlers/events.js and decides how the handlers end. */
export interface Collector {
  readonly url: string
  /** All events so far, also those without an answer yet. */
  readonly collected: readonly Collected[]
  /** Number of handlers that wait for an answer. */
  readonly waiting: number
  /** Sets how handlers end from now on; with `hold` they wait until the next call. */
  answer(how: 'succeed' | 'fail' | 'hold'): void
  close(): void
}

export async function createCollector(): Promise<Collector> {
  const collected: Collected[] = []
  let held: ((statusCode: number) => void)[] = []
  let statusCode: number | undefined = 200
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    collected.push(JSON.parse(text))
    const end = (status: number) => void response.writeHead(status).end()
    if (statusCode !== undefined) return end(statusCode)
    held.push(end)
    response.once('close', () => {
      held = held.filter((candidate) => candidate !== end)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    collected,
    get waiting() {
      return held.length
    },
    answer(how) {
      statusCode = { succeed: 200, fail: 500, hold: undefined }[how]
      if (statusCode !== undefined) for (const end of held.splice(0)) end(statusCode)
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Longer than any test needs. Without a limit, a failed test would keep Jest running. */
const MAX_WAIT_MS = 60_000

/** Resolves when `isTrue` returns true. */
export async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + MAX_WAIT_MS
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('the awaited event did not come')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
