import { type JsonEdit, replaceValue } from '../../json/edit-json.ts'
import { collectMedia } from './check-media.ts'
import type { Conversation } from './conversation.ts'

/**
 * Source: API reference, DocumentBlock. Bedrock takes underscores, too, though the reference does not say so. A model reads
 * the name. Spaces are the only white space, because every parser and header treats them alike.
 */
const VALID = /^(?!.* {2})[A-Za-z0-9_ \-()[\]]{1,200}$/
const MAX_NAME_LENGTH = 200
/** Extension of a file name. */
const EXTENSION = /\.(pdf|csv|docx?|xlsx?|html?|txt|md)$/i

export interface Correction {
  readonly path: string
  readonly edit: JsonEdit
}

/**
 * Corrects document names that Bedrock refuses: an extension is removed, other characters become hyphens, and a repeated
 * name gets a number. A name depends only on earlier names, so a longer conversation keeps its cached beginning.
 */
export function correctDocumentNames(conversation: Conversation): Correction[] {
  const taken = new Set<string>()
  const documents = collectMedia(conversation).filter(({ name }) => name === 'document')
  return documents.flatMap(({ value, path }, index) => {
    const node = value?.get('name')
    const given = node?.text
    if (!node || given === undefined) return []
    const name = distinguish(VALID.test(given) ? given : makeValid(given, index + 1), taken)
    taken.add(name)
    if (name === given) return []
    return [{ path: `${path}.name`, edit: replaceValue(node, JSON.stringify(name)) }]
  })
}

function makeValid(name: string, number: number): string {
  const plain = name
    .replace(EXTENSION, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_\s\-()[\]]+/g, '-')
    .replace(/\s+/g, ' ')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^[\s-]+|[\s-]+$/g, '')
  return plain === '' ? `document ${number}` : plain
}

function distinguish(name: string, taken: ReadonlySet<string>): string {
  let distinct = name
  for (let number = 2; taken.has(distinct); number += 1) {
    const suffix = ` (${number})`
    distinct = name.slice(0, MAX_NAME_LENGTH - suffix.length).trimEnd() + suffix
  }
  return distinct
}
