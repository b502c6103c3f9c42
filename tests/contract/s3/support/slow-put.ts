import { once } from 'node:events'
import { request } from 'node:http'

export interface SlowPut {
  /** Sends the last byte and reads the answer. */
  finish(): Promise<{ statusCode: number | undefined; body: string }>
}

/** Starts a PUT without its last byte. Resolves when the server has read the headers and sent `100 Continue`. */
export async function openPut(
  url: string,
  path: string,
  body: string,
  headers: readonly string[] = [],
): Promise<SlowPut> {
  const pairs = headers.map((header) => [header.slice(0, header.indexOf(':')), header.slice(header.indexOf(':') + 1)])
  const call = request(`${url}${path}`, {
    method: 'PUT',
    headers: { ...Object.fromEntries(pairs), 'content-length': Buffer.byteLength(body), expect: '100-continue' },
  })
  const answered = once(call, 'response')
  await once(call, 'continue')
  call.write(body.slice(0, -1))
  return {
    async finish() {
      call.end(body.slice(-1))
      const [response] = await answered
      let text = ''
      for await (const chunk of response) text += chunk
      return { statusCode: response.statusCode, body: text }
    },
  }
}
