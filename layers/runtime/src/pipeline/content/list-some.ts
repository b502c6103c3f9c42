/** Limit of the places that a message names, which a request could have by the thousand. */
const MAX_NAMED = 10

/** Lists the first ten, and says with `…` that there are more. */
export function listSome(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, MAX_NAMED).join(separator)
  return names.length > MAX_NAMED ? `${shown}${separator}…` : shown
}
