import { createHash } from 'node:crypto'

/** The same for two documents that say the same, whatever the order of their members. SHA-256 in hexadecimal. */
export function hashDocument(document: unknown): string {
  return createHash('sha256').update(canonicalJson(document)).digest('hex')
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    // Member by member it is written in this order; a null prototype keeps "__proto__" an ordinary name.
    const sorted: Record<string, unknown> = Object.create(null)
    for (const name of Object.keys(member).sort()) sorted[name] = Reflect.get(member, name)
    return sorted
  })
}
