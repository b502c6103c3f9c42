import { MAX_LINE_BYTES, splitLines } from './split-lines.ts'

/**
 * Reads the records of delimited text. Quoted fields may hold delimiters, line breaks and doubled quotes. Empty lines are no
 * records. Source: RFC 4180.
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>, delimiter: string): AsyncGenerator<string[]> {
  let open: { readonly number: number; text: string } | undefined
  for await (const { number, text } of splitLines(chunks)) {
    const line = text.replace(/\r$/, '')
    if (open) open.text += `\n${line}`
    else if (line !== '') open = { number, text: line }
    if (!open) continue
    if (open.text.length > MAX_LINE_BYTES) {
      throw new RangeError(`the record in line ${open.number} is larger than ${MAX_LINE_BYTES} characters`)
    }
    // The number of quotes is odd within a quoted field.
    if ((open.text.split('"').length - 1) % 2 === 1) continue
    yield splitRecord(open.text, delimiter)
    open = undefined
  }
  if (open) throw new SyntaxError(`the record in line ${open.number} ends within quotes`)
}

function splitRecord(text: string, delimiter: string): string[] {
  const fields: string[] = []
  for (let position = 0; position <= text.length; ) {
    const quoted = text[position] === '"' ? /"((?:[^"]|"")*)"/y : undefined
    if (quoted) quoted.lastIndex = position
    const match = quoted?.exec(text)
    const start = match ? position + match[0].length : position
    const next = text.indexOf(delimiter, start)
    const end = next === -1 ? text.length : next
    fields.push(match ? `${(match[1] ?? '').replaceAll('""', '"')}${text.slice(start, end)}` : text.slice(start, end))
    position = end + 1
  }
  return fields
}
