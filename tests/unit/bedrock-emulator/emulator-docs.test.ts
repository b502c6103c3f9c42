import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDirectives } from '../../../local/bedrock/directives/parse-directives.ts'
import { STREAM_EXCEPTIONS } from '../../../local/bedrock/directives/stream-exceptions.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/emulator.md'), 'utf8')

test('docs/emulator.md has a row for every directive and no others', () => {
  const documented = [...PAGE.matchAll(/^\| `\[emulator:([a-z]+)/gm)].map(([, name]) => name)
  let known: string[] = []
  try {
    parseDirectives('[emulator:unheard-of=1]')
  } catch (error) {
    known = /Known: (.*)\.$/.exec((error as Error).message)?.[1]?.split(', ') ?? []
  }

  expect(known.length).toBeGreaterThan(10)
  expect(documented.toSorted()).toEqual(known.toSorted())
})

test('docs/emulator.md names the exceptions of streams', () => {
  for (const type of STREAM_EXCEPTIONS) expect(PAGE).toContain(type)
})
