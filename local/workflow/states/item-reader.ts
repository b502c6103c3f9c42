import { parseExactly } from '@bedrock-functions/runtime/json'
import type { ItemReader } from '../definition/definition.ts'
import { TaskError } from '../task-error.ts'
import { type StateRun, scopeOf } from './state-run.ts'

/** Reads the items of a distributed Map from an object: a JSON array, or JSON Lines. */
export async function readItems(run: StateRun, { Arguments, ReaderConfig }: ItemReader): Promise<readonly unknown[]> {
  const scope = scopeOf(run)
  const place = await scope.evaluateAs(Arguments, 'ItemReader/Arguments', 'object')
  const { InputType, MaxItems } = ReaderConfig
  const limit =
    MaxItems === undefined
      ? Number.POSITIVE_INFINITY
      : await scope.evaluateAs(MaxItems, 'ItemReader/ReaderConfig/MaxItems', 'integer')
  if (limit === 0) throw new TaskError('States.ItemReaderFailed', 'field MaxItems must be positive')
  try {
    const text = await run.execution.objects.read(place as Parameters<typeof run.execution.objects.read>[0])
    return (InputType === 'JSON' ? parseArray(text) : parseLines(text)).slice(0, limit)
  } catch (error) {
    throw new TaskError('States.ItemReaderFailed', (error as Error).message)
  }
}

function parseArray(text: string): readonly unknown[] {
  const document = parseExactly(text)
  if (Array.isArray(document)) return document
  throw new TypeError('Attempting to map over non-iterable node.')
}

function parseLines(text: string): readonly unknown[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [parseExactly(line)]
    } catch (error) {
      throw new SyntaxError(`line ${index + 1} is not JSON: ${(error as Error).message}`)
    }
  })
}
