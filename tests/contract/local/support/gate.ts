import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Makes a handler wait for its test: the handler posts to `url` and continues after the test has called `open`. */
export interface Gate {
  readonly url: string
  /** Resolves to the handler's post. */
  readonly reached: Promise<string>
  open(): void
  close(): void
}

export async function createGate(): Promise<Gate> {
  const reached = Promise.withResolvers<string>()
  const opened = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    reached.resolve(text)
    await opened.promise
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: encodeURIComponent(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    reached: reached.promise,
    open: () => opened.resolve(),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
