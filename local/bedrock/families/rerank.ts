import { countTextTokens } from '../conversation/count-tokens.ts'
import { removeDirectives } from '../directives/find-directives.ts'
import { describeForModel } from '../shapes/describe-violation.ts'
import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { readList, readNumber, readString } from '../shapes/read-json.ts'
import { requireShape } from '../shapes/require-shape.ts'
import { either, integer, list, type Members, structure, text } from '../shapes/shape.ts'
import type { UnaryFamily } from './family.ts'

/** Documents are texts, or objects of which Cohere reads the members of `rank_fields`. */
const common: Members = {
  query: { type: 'string', minimum: 1 },
  documents: list(either(text, structure({})), 1),
  top_n: integer(1),
}

const amazonRequest = structure(common, ['query', 'documents'])
/** `api_version` is required, and 2 or more: observed, cohere-python issue 613. */
const cohereRequest = structure(
  { ...common, api_version: integer(2), max_tokens_per_doc: integer(1), rank_fields: list(text) },
  ['query', 'documents', 'api_version'],
)

export const amazonRerank = defineFamily(amazonRequest)
export const cohereRerank = defineFamily(cohereRequest)

function defineFamily(request: typeof amazonRequest): UnaryFamily {
  return {
    kind: 'unary',
    invoke(body) {
      requireShape(body, request, describeForModel)
      const query = removeDirectives(readString(body.query) ?? '')
      const documents = readList(body.documents).map(readDocument)
      const results = documents
        .map((document, index) => ({ index, relevance_score: scoreDocument(query, document) }))
        .toSorted((one, other) => other.relevance_score - one.relevance_score)
        .slice(0, readNumber(body.top_n))
      return { body: { results }, inputTokens: countTextTokens([query, ...documents].join('\n')) }
    },
  }
}

function readDocument(document: JsonValue): string {
  return readString(document) ?? Object.values(document as JsonObject).join(' ')
}

/** Scores a document from 0 to 1: the share of the query's words that it has, less a little for words of its own. */
function scoreDocument(query: string, document: string): number {
  const asked = splitWords(query)
  const found = splitWords(document)
  const common = [...asked].filter((word) => found.has(word)).length
  const share = common / Math.max(1, asked.size)
  const focus = common / Math.max(1, found.size)
  return Number((0.9 * share + 0.1 * focus).toFixed(8))
}

function splitWords(value: string): ReadonlySet<string> {
  return new Set(value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
}
