import '../core/index.ts'
import { readModelName } from './model-id.ts'
import type { Resolution } from './resolution.ts'

const MAX_SUGGESTIONS = 3
/** Share of a name's characters that may differ in a misspelt name. */
const MAX_DIFFERENCE = 0.34

/**
 * Names the known models that an unknown name was probably meant to be: an id without its version, a misspelt name or
 * alias, a model of the same kind.
 *
 * @returns aliases and ids of foundation models, the nearest first; none where no name is near
 */
export function suggestModels(modelId: string, { models, aliases }: Pick<Resolution, 'models' | 'aliases'>): string[] {
  const asked = (readModelName(modelId)?.baseId ?? '').toLowerCase()
  if (asked === '' || asked.length > 100) return []
  const names = [...Object.keys(aliases), ...Object.keys(models)]
  const begun = names.filter((name) => isBegun(asked, name) || isBegun(asked, withoutProvider(name)))
  if (begun.length > 0) return begun.slice(0, MAX_SUGGESTIONS)
  const near = names
    .map((name) => ({ name, difference: Math.min(differ(asked, name), differ(asked, withoutProvider(name))) }))
    .filter(({ difference }) => difference <= MAX_DIFFERENCE)
    .sort((one, other) => one.difference - other.difference)
  if (near.length > 0) return near.slice(0, MAX_SUGGESTIONS).map(({ name }) => name)
  return findSameKind(withoutProvider(asked), names).slice(-MAX_SUGGESTIONS)
}

/** Finds models whose names begin with the same word, if possible with a version behind it as in the asked name. */
function findSameKind(asked: string, names: readonly string[]): string[] {
  const [, kind = '', version] = /^([a-z]{3,})(-?\d)?/.exec(asked) ?? []
  if (kind === '') return []
  const sameKind = names.filter((name) => withoutProvider(name).startsWith(kind))
  const versions = sameKind.filter((name) => /^-?\d/.test(withoutProvider(name).slice(kind.length)))
  return version !== undefined && versions.length > 0 ? versions : sameKind
}

/** Tests whether `name` goes on where `asked` ends: with a version. */
function isBegun(asked: string, name: string): boolean {
  return name.startsWith(asked) && /^[-:.@]/.test(name.slice(asked.length))
}

function withoutProvider(name: string): string {
  return name.slice(name.indexOf('.') + 1)
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
