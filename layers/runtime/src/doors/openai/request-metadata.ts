import type { JsonValue } from '../../json/json-document.ts'
import { type JsonText, writeObject } from '../../json/write-json.ts'

/** Bedrock's limit is 16. One entry is for the verified caller, which the pipeline adds. */
const MAX_ENTRIES = 15
const MAX_LENGTH = 256

/**
 * Writes `requestMetadata`, which Bedrock puts into its invocation logs, from `metadata` and the members that name the user.
 * Other characters than Bedrock's become `_`, and longer values are cut. Entries above Bedrock's limit are left out.
 *
 * @param left gets the paths of entries that are left out
 */
export function writeRequestMetadata(root: JsonValue, left: Set<string>): JsonText | undefined {
  const named = ['user', 'safety_identifier'].flatMap((name) => {
    const text = root.get(name)?.text
    return text === undefined ? [] : [{ name, text, path: name }]
  })
  const given = (root.get('metadata')?.members ?? []).map(({ name, value }) => ({
    name,
    text: value.text ?? value.bytes.toString(),
    path: `metadata.${name}`,
  }))
  const entries = new Map<string, string>()
  for (const { name, text, path } of [...named, ...given]) {
    const key = sanitizeMetadata(name)
    if (key === '' || entries.has(key) || entries.size === MAX_ENTRIES) left.add(path)
    else entries.set(key, sanitizeMetadata(text))
  }
  if (entries.size === 0) return undefined
  return writeObject([...entries].map(([name, text]) => [name, JSON.stringify(text)]))
}

/** Makes a text that Bedrock accepts. Source: the service model of bedrock-runtime, RequestMetadata. */
export function sanitizeMetadata(text: string): string {
  return text.replace(/[^a-zA-Z0-9\s:_@$#=/+,.-]/g, '_').slice(0, MAX_LENGTH)
}
