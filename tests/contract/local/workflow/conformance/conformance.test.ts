import { parseExactly } from '@bedrock-functions/runtime/json'
import type { Definition } from '../../../../../local/workflow/definition/definition.ts'
import { type Engine, openEngine } from './engine.ts'
import { CONFORMANCE, type Conformance } from './machines.ts'

const machineName = (index: number) => `Conformance${index}`
const definitionOf = ({ machine }: Conformance): Definition => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(machine.States)[0] ?? '',
  ...machine,
})

let engine: Engine
beforeAll(async () => {
  engine = await openEngine(
    Object.fromEntries(CONFORMANCE.map((row, index) => [machineName(index), definitionOf(row)])),
  )
})
afterAll(() => engine.close())

test.each<[string, Conformance, string]>(CONFORMANCE.map((row, index) => [row.title, row, machineName(index)]))(
  '%s',
  async (_title, { input = '{}', end, onlyHere }, name) => {
    if (onlyHere !== undefined && !engine.isOwn) return
    const { status, output, error, cause } = await engine.run(name, input)
    if ('error' in end) {
      expect({ status, error }).toEqual({ status: end.status ?? 'FAILED', error: end.error })
      expect(cause ?? '').toContain(end.cause ?? '')
      return
    }
    expect({ status, error, cause }).toEqual({ status: 'SUCCEEDED' })
    if (end.json !== undefined) expect(JSON.stringify(parseExactly(output ?? ''))).toBe(end.json)
    else expect({ output: JSON.parse(output ?? '') }).toEqual({ output: end.output })
  },
)
