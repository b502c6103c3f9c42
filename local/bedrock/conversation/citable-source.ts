import type { JsonValue } from '../shapes/json.ts'
import { omitUndefined, readObject } from '../shapes/read-json.ts'
import type { CitableSource, MediaBlock } from './types.ts'

/** Formats whose bytes are text. */
export const TEXT_FORMATS: readonly string[] = ['txt', 'md', 'csv', 'html']

/** Tests for citations that are turned on: `{"enabled": true}`. */
export function isCitable(citations: JsonValue | undefined): boolean {
  return readObject(citations)?.enabled === true
}

/**
 * Describes a document whose citations are turned on. Its number comes later. Documents of other formats than text are cited
 * by their first page.
 *
 * @param chunks texts into which the request divided the document
 */
export function describeDocument(
  title: string | undefined,
  format: string,
  source: MediaBlock['source'],
  chunks?: readonly string[],
): CitableSource {
  const titled = { index: 0, ...omitUndefined({ title }) }
  if (chunks) return { kind: 'chunks', texts: chunks, ...titled }
  if (source.kind === 'text') return { kind: 'characters', texts: [source.text], ...titled }
  if (source.kind === 'bytes' && TEXT_FORMATS.includes(format)) {
    return { kind: 'characters', texts: [Buffer.from(source.bytes).toString()], ...titled }
  }
  return { kind: 'pages', texts: [], ...titled }
}

/** Describes a search result whose citations are turned on. */
export function describeSearchResult(
  title: string | undefined,
  source: string | undefined,
  texts: readonly string[],
): CitableSource {
  return { kind: 'searchResult', index: 0, texts, ...omitUndefined({ title, source }) }
}
