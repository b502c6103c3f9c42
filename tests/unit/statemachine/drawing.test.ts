import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawStateMachine, withDrawing } from '../../../scripts/draw-state-machine.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const readMachine = (name: string) => JSON.parse(readFileSync(join(ROOT, 'statemachines', `${name}.asl.json`), 'utf8'))
const definition = readMachine('inference')

test.each([
  ['workflow.md', 'inference', 'Receive'],
  ['batch.md', 'batch', 'Prepare'],
])('docs/%s has the current drawing of %s; npm run docs updates it', (page, name, first) => {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8')
  expect(text).toBe(withDrawing(text, readMachine(name)))
  expect(text).toContain(`start_((start)) --> ${first}`)
})

test('every state is in the drawing, by its own name or by its error', () => {
  const drawing = drawStateMachine(definition)
  const states: Record<string, { Type: string; Error?: string }> = definition.States
  for (const [name, state] of Object.entries(states)) {
    const isMerged = state.Type === 'Fail' && state.Error !== undefined && !state.Error.startsWith('{%')
    expect(drawing).toContain(isMerged ? `Fail_${state.Error}` : `  ${name}`)
  }
})

test('the Comment of a rule is its label, and caught failures are dotted', () => {
  const Condition = '{% $mode = "sync" %}'
  const drawing = drawStateMachine({
    StartAt: 'Ask',
    States: {
      Ask: {
        Type: 'Choice',
        Choices: [
          { Condition, Comment: 'mode is "sync" (a function)', Next: 'Call' },
          { Condition, Next: 'Invoke' },
        ],
        Default: 'No',
      },
      Call: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }],
        End: true,
      },
      Invoke: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: `${'$'}{InvokeFunction}` },
        End: true,
      },
      No: { Type: 'Fail', Error: 'Refused', Cause: 'no' },
      Failed: { Type: 'Fail', Error: '{% $error %}' },
    },
  })
  expect(drawing.split('\n').slice(1)).toEqual([
    'flowchart TD',
    '  Ask{{Ask}}',
    '  Call["Call<br><small>s3:getObject</small>"]',
    '  Invoke["Invoke<br><small>InvokeFunction</small>"]',
    '  Fail_Refused[["Refused"]]',
    '  Failed[["Failed"]]',
    '  start_((start)) --> Ask',
    '  Ask -->|"mode is #quot;sync#quot; (a function)"| Call',
    '  Ask --> Invoke',
    '  Ask -->|"else"| Fail_Refused',
    '  Call -.-> Failed',
    '  Call --> end_((end))',
    '  Invoke --> end_((end))',
  ])
})

test('an end of many states is drawn beside each, and arrows between the same states are one', () => {
  const Condition = '{% $a %}'
  const ask = (Next: string) => ({
    Type: 'Choice',
    Choices: [
      { Condition, Comment: 'one', Next: 'Fail' },
      { Condition, Comment: 'two', Next: 'Fail' },
    ],
    Default: Next,
  })
  const States = { First: ask('Second'), Second: ask('Fail'), Fail: { Type: 'Fail', Error: '{% $error %}' } }
  expect(drawStateMachine({ StartAt: 'First', States }).split('\n').slice(1)).toEqual([
    'flowchart TD',
    '  First{{First}}',
    '  Second{{Second}}',
    '  Fail_First[["Fail"]]',
    '  Fail_Second[["Fail"]]',
    '  start_((start)) --> First',
    '  First -->|"one<br>two"| Fail_First',
    '  First -->|"else"| Second',
    '  Second -->|"one<br>two<br>else"| Fail_Second',
  ])
})
