import '../core/index.ts'
import { readModelName } from './model-id.ts'
import type { Resolution } from './resolution.ts'

const MAX_SUGGESTIONS = 3
/** Share of a name's characters that may differ in a misspelt name. */
const MAX_DIFFERENCE = 0.34

/**
 * Names the known models that an unknown name was probably meant to be: an alias in other letter case, an id without its
 * provider or version, a part of a name, a misspelt name, a model of the same kind.
 *
 * @returns aliases and ids of foundation models, the nearest first; none where no name is near
 */
export function suggestModels(modelId: string, { models, aliases }: Pick<Resolution, 'models' | 'aliases'>): string[] {
  const asked = (readModelName(modelId)?.baseId ?? '').toLowerCase()
  if (asked === '' || asked.length > 100) return []
  const names = [...Object.keys(aliases), ...Object.keys(models)]
  const containing = findNearest(names, Number.POSITIVE_INFINITY, countAddedWords(asked))
  if (containing.length > 0) return containing
  const near = findNearest(names, MAX_DIFFERENCE, (name) =>
    Math.min(
      ...[name, withoutProvider(name), withoutVersion(withoutProvider(name))].map((form) => differ(asked, form)),
    ),
  )
  return near.length > 0 ? near : findSameKind(withoutProvider(asked), names).slice(-MAX_SUGGESTIONS)
}

/** Sorts the names whose distance is at most the limit. Infinity is no distance. */
function findNearest(names: readonly string[], limit: number, distanceOf: (name: string) => number): string[] {
  return names
    .map((name) => ({ name, distance: distanceOf(name) }))
    .filter(({ distance }) => distance <= limit && Number.isFinite(distance))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name)
}

/**
 * Creates the function that counts the words which a name has in addition to the asked ones, without its date and version.
 * It returns Infinity for a name that does not have all asked words in their order.
 */
function countAddedWords(asked: string): (name: string) => number {
  const askedWords = splitWords(asked)
  return (name) => {
    let found = 0
    for (const word of splitWords(name)) if (word === askedWords[found]) found += 1
    if (found < askedWords.length) return Number.POSITIVE_INFINITY
    return Math.max(0, splitWords(withoutVersion(name)).length - found)
  }
}

/** Splits a name into words and numbers: `llama3-8b` has the words llama, 3 and 8b. */
function splitWords(name: string): string[] {
  return name.match(/[a-z]+|\d+[a-z]*/g) ?? []
}

/** Finds models whose names begin with the same word, if possible with a version behind it as in the asked name. */
function findSameKind(asked: string, names: readonly string[]): string[] {
  const [, kind = '', version] = /^([a-z]{3,})(-?\d)?/.exec(asked) ?? []
  if (kind === '') return []
  const sameKind = names.filter((name) => withoutProvider(name).startsWith(kind))
  const versions = sameKind.filter((name) => /^-?\d/.test(withoutProvider(name).slice(kind.length)))
  return version !== undefined && versions.length > 0 ? versions : sameKind
}

function withoutProvider(name: string): string {
  return name.slice(name.indexOf('.') + 1)
}

/** Removes date and version: `-20250929-v1:0`. */
function withoutVersion(name: string): string {
  return name.replace(/(?:-\d{8})?(?:-v\d+)?(?::\d+)?$/, '')
}

/** Share of the longer name's characters that must change. */
function differ(one: string, other: string): number {
  return editDistance(one, other) / Math.max(one.length, other.length)
}

/** Levenshtein distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (let column = 0; column < other.length; column += 1) {
      const [replaced = 0, removed = 0] = [row[column], row[column + 1]]
      next.push(Math.min(replaced + (letter === other[column] ? 0 : 1), removed + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
