const WIDTH = 120

/** JSON as `biome format` leaves it: an array or object without inner ones is on one line where it fits. */
export function formatJson(value: unknown): string {
  return `${format(value, '', 0)}\n`
}

/** @param lead columns that stand before the value on its line */
function format(value: unknown, indent: string, lead: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const flat = formatFlat(value)
  // Leaves room for the comma.
  if (flat !== undefined && lead + flat.length < WIDTH) return flat
  const inner = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map((item) => `${inner}${format(item, inner, inner.length)}`)
    : Object.entries(value).map(([name, member]) => {
        const label = `${JSON.stringify(name)}: `
        return `${inner}${label}${format(member, inner, inner.length + label.length)}`
      })
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

/** Undefined where a member is an array or object. */
function formatFlat(value: object): string | undefined {
  if (Object.values(value).some((member) => typeof member === 'object' && member !== null)) return undefined
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${JSON.stringify(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
