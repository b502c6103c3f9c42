import type { ModelCall } from '../../../layers/runtime/src/core/model-call.ts'
import { readJsonIfAny } from '../../../layers/runtime/src/json/json-document.ts'
import { readCallerProjects } from '../../../layers/runtime/src/pipeline/caller-projects.ts'
import { createProjectStage, findProject } from '../../../layers/runtime/src/pipeline/set-project.ts'
import type { StageOutcome } from '../../../layers/runtime/src/pipeline/stage.ts'
import { passStageAtOnce } from '../../support/calls.ts'

const HEADER = 'x-amzn-bedrock-projectidentifier'
const ROLE = 'arn:aws:sts::123456789012:assumed-role/team-a'
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:project/proj_1'
const MAP = 'role/team-a=proj_1, key:abc=proj_2,user/alice=default'

function callOf(changes: Partial<ModelCall> & { text?: string } = {}): ModelCall {
  const { text = '{"messages":[]}', ...rest } = changes
  const call = { operation: 'Converse', modelId: 'm', headers: {}, caller: ROLE, replyHeaders: {} } as const
  return { ...call, body: Buffer.from(text), ...rest }
}

const stageOf = (map: string) => createProjectStage(readCallerProjects({ CALLER_PROJECTS: map }))
const pass = (call: ModelCall, map = MAP) => passStageAtOnce(stageOf(map), call)
const textOf = (call: ModelCall) => Buffer.from(call.body).toString()

function factsOf(call: ModelCall, map = MAP): StageOutcome['facts'] {
  const outcome = stageOf(map)(call, readJsonIfAny(call.body), new AbortController().signal)
  return (outcome as StageOutcome).facts
}

test('a call gets the project of its caller, and all other bytes stay', () => {
  const rest = '"n":[12345678901234567890,1.10],"messages":[]}'
  expect(textOf(pass(callOf({ text: `{${rest}` })))).toBe(`{"projectIdentifier":"proj_1",${rest}`)
  expect(pass(callOf({ operation: 'InvokeModel' })).headers).toEqual({ [HEADER]: 'proj_1' })
  expect(pass(callOf({ operation: 'AnthropicMessages' })).headers).toEqual({ [HEADER]: 'proj_1' })
  expect(pass(callOf({ operation: 'OpenAIChatCompletions' })).headers).toEqual({ 'openai-project': 'proj_1' })
})

test.each([
  ['key:abc', 'proj_2'],
  [`${ROLE}/session`, 'proj_1'],
  ['key:other', undefined],
  ['arn:aws:sts::123456789012:assumed-role/team-ab', undefined],
  ['arn:aws:iam::123456789012:user/team-a', undefined],
  [undefined, undefined],
])('the caller %s has the project %s', (caller, project) => {
  expect(findProject({ caller, headers: {} }, readCallerProjects({ CALLER_PROJECTS: MAP }))).toBe(project)
})

test('the first item that matches applies; a wildcard at the end is the default', () => {
  const map = 'role/team-a/bob=proj_bob,role/team-*=proj_team,user/carol=proj_carol,*=proj_rest'
  const projects = readCallerProjects({ CALLER_PROJECTS: map })
  const of = (caller: string | undefined) => findProject({ caller, headers: {} }, projects)
  expect(of(`${ROLE}/bob`)).toBe('proj_bob')
  expect(of(`${ROLE}/eve`)).toBe('proj_team')
  expect(of('arn:aws:iam::123456789012:user/division/carol')).toBe('proj_carol')
  expect(of('events')).toBe('proj_rest')
  expect(of(undefined)).toBe('proj_rest')
})

test.each<[string, Partial<ModelCall> & { text?: string }]>([
  ['a document', { text: '{"projectIdentifier":"proj_9"}' }],
  ['a document with escapes', { text: '{"project\\u0049dentifier":"proj_9"}' }],
  ['a repeated member', { text: '{"projectIdentifier":"proj_1","projectIdentifier":"proj_9"}' }],
  ['the header of InvokeModel', { operation: 'InvokeModel', headers: { [HEADER]: 'proj_9' } }],
  ['a header beside a document', { headers: { [HEADER]: 'proj_9' } }],
  ['the header of OpenAI', { operation: 'OpenAIChatCompletions', headers: { 'openai-project': 'proj_9' } }],
  ['another value than a text', { text: '{"projectIdentifier":7}' }],
])('another project of a caller with a project is refused in %s', (_, changes) => {
  expect(() => pass(callOf(changes))).toThrow(
    expect.objectContaining({
      name: 'AccessDeniedException',
      statusCode: 403,
      message: expect.stringMatching(/^The project of this caller is proj_1 .*CallerProjects.* names (proj_9|7)\.$/),
    }),
  )
})

test.each([
  ['{"projectIdentifier":"proj_1","a":1}', '{"projectIdentifier":"proj_1","a":1}'],
  [`{"projectIdentifier":"${ARN}"}`, '{"projectIdentifier":"proj_1"}'],
  ['{"projectIdentifier":null}', '{"projectIdentifier":"proj_1"}'],
  ['{"projectIdentifier":""}', '{"projectIdentifier":"proj_1"}'],
])('a caller may name its own project or none: %s', (text, sent) => {
  expect(textOf(pass(callOf({ text })))).toBe(sent)
})

test('the default project is not written, and no other project can be named', () => {
  const caller = 'arn:aws:iam::123456789012:user/alice'
  expect(textOf(pass(callOf({ caller })))).toBe('{"messages":[]}')
  expect(pass(callOf({ caller, operation: 'InvokeModel' })).headers).toEqual({})
  expect(() => pass(callOf({ caller, text: '{"projectIdentifier":"proj_1"}' }))).toThrow(/is default/)
})

test('a caller without a project may name one, which is sent as it is', () => {
  const text = '{ "projectIdentifier" : "proj_9" }'
  expect(textOf(pass(callOf({ caller: 'key:other', text })))).toBe(text)
  const headers = { [HEADER]: 'proj_9' }
  expect(pass(callOf({ caller: 'key:other', operation: 'InvokeModel', headers })).headers).toEqual(headers)
  expect(pass(callOf({ caller: 'key:other', operation: 'OpenAIChatCompletions', headers })).headers).toEqual({
    'openai-project': 'proj_9',
  })
})

test('the log has the project of a call, and no text that cannot be one', () => {
  expect(factsOf(callOf())).toEqual({ project: 'proj_1' })
  expect(factsOf(callOf({ caller: 'key:other', text: `{"projectIdentifier":"${ARN}"}` }))).toEqual({ project: ARN })
  expect(factsOf(callOf({ caller: 'key:other', text: '{"projectIdentifier":"my secret"}' }))).toBeUndefined()
  expect(factsOf(callOf({ caller: 'key:other' }))).toBeUndefined()
  expect(factsOf(callOf(), '')).toBeUndefined()
})

test('speech has no project', () => {
  expect(textOf(pass(callOf({ operation: 'ConverseAudio' })))).toBe('{"messages":[]}')
})

test.each(['role/a', 'role/a=', '=proj_1', 'role/a=my project', 'role/a=proj_1,', 'a b=proj_1'])(
  'CALLER_PROJECTS=%j is refused at the start',
  (map) => {
    expect(() => readCallerProjects({ CALLER_PROJECTS: map })).toThrow(/CALLER_PROJECTS has ".*CALLER=PROJECT/)
  },
)
