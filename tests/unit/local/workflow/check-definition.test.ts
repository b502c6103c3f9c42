import { checkDefinition } from '../../../../local/workflow/definition/check-definition.ts'
import type { StateDefinition } from '../../../../local/workflow/definition/definition.ts'

const INVOKE = 'arn:aws:states:::lambda:invoke'
const check = (state: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  checkDefinition({ StartAt: 'First', States: { First: state as StateDefinition }, ...more }, [INVOKE])

test('a definition that runs has no findings', () => {
  expect(check({ Type: 'Task', Resource: INVOKE, End: true })).toEqual([])
  expect(check({ Type: 'Pass', Parameters: { 'text.$': "$.a[0]['b c']" }, End: true })).toEqual([])
})

test.each<[string, Record<string, unknown>]>([
  ['JSONata', { Type: 'Pass', QueryLanguage: 'JSONata', End: true }],
  ['Assign', { Type: 'Pass', Assign: { a: 1 }, End: true }],
  ['resource arn:aws:states:::sns:publish', { Type: 'Task', Resource: 'arn:aws:states:::sns:publish', End: true }],
  ['path $.a[*]', { Type: 'Pass', Parameters: { 'b.$': '$.a[*]' }, End: true }],
  ['path $..a', { Type: 'Pass', InputPath: '$..a', End: true }],
  ['path $.a[?(@.b)]', { Type: 'Pass', Parameters: { 'b.$': '$.a[?(@.b)].b' }, End: true }],
  ['path $.a[0:2]', { Type: 'Pass', Parameters: { 'b.$': '$.a[0:2]' }, End: true }],
])('%s is refused by name', (words, state) => {
  const problems = check(state)
  expect(problems.join('\n')).toContain(words)
  expect(problems[0]).toMatch(/First/)
})

test('a distributed Map and states inside maps and branches are checked', () => {
  const inner = {
    StartAt: 'Inner',
    States: { Inner: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true } },
  }
  expect(
    check({
      Type: 'Map',
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' }, ...inner },
      End: true,
    }),
  ).toEqual([
    'state First: a DISTRIBUTED Map is not run locally',
    expect.stringContaining('state First / Inner: resource arn:aws:states:::sqs:sendMessage'),
  ])
  expect(check({ Type: 'Parallel', Branches: [inner], End: true })).toEqual([expect.stringContaining('First / Inner')])
})

test('findings of asl-validator are reported', () => {
  expect(check({ Type: 'Pass', Next: 'Nowhere' }).join('\n')).toContain('Nowhere')
})
