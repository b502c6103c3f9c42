import { asObject, type PlainObject } from '../../json/json-document.ts'

/** Citation of OpenAI's chat completions, which knows only those of the web. */
export interface Annotation {
  readonly type: 'url_citation'
  readonly url_citation: {
    readonly start_index: number
    readonly end_index: number
    readonly title: string
    readonly url: string
  }
}

/**
 * Turns a citation of Converse into an annotation.
 *
 * @param start offset of the cited text in the content
 * @returns undefined for a citation of a document, which has no URL
 */
export function toAnnotation(citation: PlainObject, start: number, end: number): Annotation | undefined {
  const { url } = asObject(asObject(citation.location).web)
  if (typeof url !== 'string') return undefined
  const title = typeof citation.title === 'string' ? citation.title : url
  return { type: 'url_citation', url_citation: { start_index: start, end_index: end, title, url } }
}
