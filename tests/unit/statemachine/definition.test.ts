import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import aslValidator from 'asl-validator'
import jsonata from 'jsonata'
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

test('it has at most 35 states, all in JSONata, and each choice has a label of its own', () => {
  expect(definition.QueryLanguage).toBe('JSONata')
  expect(Object.keys(definition.States).length).toBeLessThanOrEqual(35)
  for (const { Choices = [] } of Object.values(definition.States)) {
    const labels = Choices.map(({ Comment }) => Comment)
    expect(labels.filter((label) => label === undefined || label.length > 45)).toEqual([])
    expect(new Set(labels).size).toBe(labels.length)
  }
})

const expressions = [...JSON.stringify(definition).matchAll(/"\{%(?<text>(?:[^"\\]|\\.)*)%\}"/g)].map(({ groups }) =>
  JSON.parse(`"${groups?.text}"`),
)

test.each(expressions)('JSONata 2.0.6, which Step Functions runs, has all of %s', (expression) => {
  expect(() => jsonata(expression)).not.toThrow()
  // Later versions add two operators, and Step Functions removes a function.
  expect(expression.replaceAll(/'[^']*'|\/(?:[^/\\ ]|\\.)+\//g, '')).not.toMatch(/\?\?|\?:|\$eval\b/)
})

test('a number that an engine would round is refused where its JSON text is sent', async () => {
  const problems = definition.States.CheckRequest?.Assign?.problems as readonly { applies: string; Cause: string }[]
  const rule = problems.find(({ Cause }) => Cause.startsWith('converse has a number'))
  // The reference engine, whose $string keeps 15 digits.
  const expression = jsonata(String(rule?.applies).slice(2, -2))
  expression.registerFunction('parse', (text: string) => JSON.parse(text), '<s:x>')
  const applies = (input: string) =>
    expression.evaluate(undefined, { states: { input: JSON.parse(input) }, request: { mode: 'sync' } })
  expect(await applies('{"converse":{"temperature":0.30000000000000004}}')).toBe(true)
  expect(await applies('{"converse":{"id":123456789012345,"temperature":0.7}}')).toBe(false)
  expect(await applies('{"prompt":"a"}')).toBe(false)
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
