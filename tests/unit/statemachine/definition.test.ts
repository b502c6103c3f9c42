import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import aslValidator from 'asl-validator'
import { type StateDefinition, walkStates } from '../../../local/workflow/definition/definition.ts'
import { loadWorkflow } from '../../contract/statemachine/support/load-workflow.ts'

const path = join(import.meta.dirname, '..', '..', '..', 'statemachines', 'inference.asl.json')
const { definition } = loadWorkflow('jobs')
const tasks = [...walkStates(definition)].filter(({ state }) => state.Type === 'Task')

type TaskFields = StateDefinition

test('asl-validator has no findings', () => {
  const { isValid, errorsText } = aslValidator(definition, { checkPaths: true, checkArn: true })
  expect({ isValid, errors: errorsText('\n') }).toEqual({ isValid: true, errors: '' })
})

test('its time limit is below that of an Express workflow, and its text is shorter than 1 MB', () => {
  expect(definition.TimeoutSeconds).toBeLessThan(300)
  expect(readFileSync(path).length).toBeLessThan(1_048_576)
})

test.each(tasks.map(({ path: [name = ''], state }) => [name, state as TaskFields] as const))(
  '%s has a time limit, a retry with jitter, and a catch for other errors',
  (_name, { TimeoutSeconds, TimeoutSecondsPath, Retry = [], Catch = [] }) => {
    expect(TimeoutSeconds ?? TimeoutSecondsPath).toBeDefined()
    expect(Retry.length).toBeGreaterThan(0)
    expect(Retry.every(({ JitterStrategy }) => JitterStrategy === 'FULL')).toBe(true)
    expect(Catch.at(-1)?.ErrorEquals).toEqual(['States.ALL'])
  },
)

test("Bedrock's errors are retried with the names of each integration", () => {
  const ofBedrock = tasks.filter(({ state }) => String(state.Resource).includes('bedrock'))
  for (const { state } of ofBedrock) {
    const names = (state as TaskFields).Retry?.flatMap(({ ErrorEquals }) => ErrorEquals)
    expect(names).toEqual(expect.arrayContaining(['Bedrock.ThrottlingException', 'BedrockRuntime.ThrottlingException']))
  }
})
