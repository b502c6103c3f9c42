import { isJsonObject, type JsonValue } from '../shapes/json.ts'

/** A difference between two documents; a missing value is undefined. */
export interface Difference {
  /** Such as `body.messages[0].content`. */
  readonly path: string
  readonly recorded: JsonValue | undefined
  readonly asked: JsonValue | undefined
}

export function listDifferences(
  recorded: JsonValue | undefined,
  asked: JsonValue | undefined,
  path = '',
): readonly Difference[] {
  if (Array.isArray(recorded) && Array.isArray(asked)) {
    const length = Math.max(recorded.length, asked.length)
    return Array.from({ length }, (_, index) =>
      listDifferences(recorded[index], asked[index], `${path}[${index}]`),
    ).flat()
  }
  if (isJsonObject(recorded) && isJsonObject(asked)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(asked)])
    return [...names].flatMap((name) =>
      listDifferences(recorded[name], asked[name], path === '' ? name : `${path}.${name}`),
    )
  }
  return recorded === asked ? [] : [{ path, recorded, asked }]
}

const MAX_SHOWN_CHARACTERS = 60

export function describeDifference({ path, recorded, asked }: Difference): string {
  return `${path} is ${show(recorded)} in the recording and ${show(asked)} in the request`
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`
}
