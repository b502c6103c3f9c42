import type { OperationModel } from '../template/model.ts'

type Route = Pick<OperationModel, 'method' | 'resource'>

/** Most letters that may differ between two spellings. */
const MAX_TYPOS = 2

/**
 * Says which route a request that matches none probably meant, for the console.
 *
 * @returns e.g. `did you mean POST /model/{modelId}/converse?`; undefined where no route is like it
 */
export function suggestRoute(routes: readonly Route[], method: string, rawPath: string): string | undefined {
  const segments = rawPath.split('/').filter((segment) => segment !== '')
  const found = findNearest(routes, segments) ?? findNearest(routes, segments.slice(1))
  if (!found) return undefined
  const resource = found.resource
  const methods = routes.filter((route) => route.resource === resource && route.method !== 'OPTIONS')
  const names = methods.some((route) => accepts(route, method))
    ? [method]
    : methods.map((route) => (route.method === 'ANY' ? method : route.method))
  const question = `did you mean ${names.map((name) => `${name} ${resource}`).join(' or ')}?`
  return found.label === undefined ? question : `${question} A slash within {${found.label}} is written %2F`
}

interface Match {
  readonly resource: string
  readonly typos: number
  /** Parameter that takes more than one segment of the path. */
  readonly label: string | undefined
}

function findNearest(routes: readonly Route[], path: readonly string[]): Match | undefined {
  if (path.length === 0) return undefined
  const matches = routes.flatMap(({ resource }) => matchLoosely(resource, path) ?? [])
  return matches.sort((left, right) => distance(left) - distance(right))[0]
}

function distance({ typos, label }: Match): number {
  return typos + (label === undefined ? 0 : 0.5)
}

/** Literals with typing errors and in any letter case; the first parameter takes the segments that are too many. */
function matchLoosely(resource: string, path: readonly string[]): Match | undefined {
  const pattern = resource.split('/').filter((segment) => segment !== '')
  const surplus = path.length - pattern.length
  const widened = surplus > 0 ? pattern.findIndex(isParameter) : -1
  if (surplus < 0 || (surplus > 0 && widened < 0)) return undefined
  let typos = 0
  for (const [position, expected] of pattern.entries()) {
    if (isParameter(expected)) continue
    const given = path[position > widened && widened >= 0 ? position + surplus : position] ?? ''
    const difference = countTypos(given.toLowerCase(), expected.toLowerCase())
    if (difference > Math.min(MAX_TYPOS, expected.length / 3)) return undefined
    typos += difference
  }
  return { resource, typos, label: widened < 0 ? undefined : pattern[widened]?.slice(1, -1) }
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{')
}

function accepts(route: Route, method: string): boolean {
  return route.method === method || route.method === 'ANY'
}

/** Levenshtein distance of two short words. */
function countTypos(given: string, expected: string): number {
  if (Math.abs(given.length - expected.length) > MAX_TYPOS) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: expected.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...given].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...expected].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row[expected.length] ?? Number.POSITIVE_INFINITY
}
