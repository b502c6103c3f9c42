import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** CloudWatch's limit of an event, here in characters. A longer line becomes several lines. */
const LINE_LIMIT = 256 * 1024

/**
 * Calls `onLine` for each line, without its newline. Only `\n` ends a line, because the runtime interface client writes
 * line breaks inside a record as `\r`.
 */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    while (rest.length > LINE_LIMIT) {
      onLine(rest.slice(0, LINE_LIMIT))
      rest = rest.slice(LINE_LIMIT)
    }
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
}
