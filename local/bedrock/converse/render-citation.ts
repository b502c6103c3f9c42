import type { CitableSource, Citation } from '../conversation/types.ts'
import type { JsonObject } from '../shapes/json.ts'
import { omitUndefined } from '../shapes/read-json.ts'

/** Members of the union of locations. */
const LOCATIONS: Readonly<Record<CitableSource['kind'], string>> = {
  characters: 'documentChar',
  pages: 'documentPage',
  chunks: 'documentChunk',
  searchResult: 'searchResultLocation',
}

/** Renders a Citation of Converse, which is also the delta of a stream. */
export function renderCitation({ source, text, start, end }: Citation): JsonObject {
  const index = source.kind === 'searchResult' ? 'searchResultIndex' : 'documentIndex'
  return {
    location: { [LOCATIONS[source.kind]]: { [index]: source.index, end, start } },
    ...omitUndefined({ source: source.source }),
    sourceContent: [{ text }],
    ...omitUndefined({ title: source.title }),
  }
}
