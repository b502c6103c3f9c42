/** Limit of one event, far above any real one. */
const MAX_EVENT_CHARACTERS = 1_000_000

/** Yields the data of server-sent events (WHATWG HTML, 9.2) from bytes in any pieces. Ignores names and ids. */
export async function* readServerEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  for await (const chunk of body) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    if (rest.length > MAX_EVENT_CHARACTERS) throw new Error(`a line is longer than ${MAX_EVENT_CHARACTERS} characters`)
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line.startsWith('data: ') ? 6 : 5))
      if (line !== '' || data.length === 0) continue
      yield data.join('\n')
      data = []
    }
  }
}
