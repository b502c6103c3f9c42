import { evaluatePolicy } from '../../../../local/gateway/access/authorizer/evaluate-policy.ts'

const METHOD = 'arn:aws:execute-api:us-east-1:123456789012:abc/v1/POST/model/a%3Ab/converse'
const STAGE = 'arn:aws:execute-api:us-east-1:123456789012:abc/v1'

const statement = (Resource: unknown, Effect = 'Allow', Action: unknown = 'execute-api:Invoke') => ({
  Effect,
  Action,
  Resource,
})
const verdict = (...Statement: unknown[]) => evaluatePolicy({ Version: '2012-10-17', Statement }, METHOD)

test.each([
  ['the whole stage', `${STAGE}/*/*`],
  ['the method itself', METHOD],
  ['one of several', [`${STAGE}/GET/*`, `${STAGE}/POST/model/*`]],
  ['a single character', `${STAGE}/P?ST/*`],
  ['everything', '*'],
])('%s is allowed', (_name, resource) => {
  expect(verdict(statement(resource))).toBe('allow')
})

test.each([
  ['another method', `${STAGE}/GET/*`],
  ['another stage', `${STAGE.replace('v1', 'v2')}/*/*`],
  ['a beginning', `${STAGE}/POST/model`],
  ['characters that mean something else in expressions', `${STAGE.replace('.', '')}/POST/.+`],
  ['nothing', []],
])('%s is not allowed', (_name, resource) => {
  expect(verdict(statement(resource))).toBe('implicit-deny')
})

test.each([
  ['execute-api:*', 'allow'],
  ['*', 'allow'],
  ['Execute-API:invoke', 'allow'],
  [['s3:GetObject', 'execute-api:Invoke'], 'allow'],
  ['execute-api:ManageConnections', 'implicit-deny'],
])('the action %s gives %s', (action, expected) => {
  expect(verdict(statement('*', 'Allow', action))).toBe(expected)
})

test('a deny wins in any position', () => {
  expect(verdict(statement('*', 'Deny'), statement('*'))).toBe('explicit-deny')
  expect(verdict(statement('*'), statement('*', 'Deny'))).toBe('explicit-deny')
  expect(verdict(statement('*'), statement(`${STAGE}/GET/*`, 'Deny'))).toBe('allow')
})

test('a single statement needs no list', () => {
  expect(evaluatePolicy({ Statement: statement('*') }, METHOD)).toBe('allow')
})

test.each([
  ['no statement', { Statement: [] }],
  ['no policy', 'Allow'],
  ['a condition', { Statement: [{ ...statement('*'), Condition: {} }] }],
  ['an exception', { Statement: [{ Effect: 'Allow', NotAction: 'x', Resource: '*' }] }],
  ['another effect', { Statement: [statement('*', 'Maybe')] }],
])('%s is refused', (_name, policy) => {
  expect(() => evaluatePolicy(policy, METHOD)).toThrow(/statement/)
})
