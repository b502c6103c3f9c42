import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a function was given. */
export interface Collected {
  readonly requestId: string
  /** Whatever the rule makes of an event; a wrong guess of its shape fails the test that makes it. */
  readonly event: ReturnType<typeof JSON.parse>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Hears from the handlers of fixtures/handlers/events.js what reaches them, and decides how they end. */
export interface Collector {
  readonly url: string
  /** All so far, also what was not answered yet. */
  readonly collected: readonly Collected[]
  /** How many handlers wait for their answer. */
  readonly waiting: number
  /** How handlers end from now on; `hold` lets them wait until the next call. */
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

/** No test needs as long; without an end of its own the wait of a test that has failed would keep Jest from ending. */
const LONGEST_WAIT_MILLISECONDS = 60_000

/** Resolves when `isTrue` is. */
export async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + LONGEST_WAIT_MILLISECONDS
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('what was waited for did not come')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
