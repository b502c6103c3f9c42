import { suggestRoute } from '../../../local/gateway/suggest-route.ts'

const ROUTES = [
  ['POST', '/model/{modelId}/converse'],
  ['POST', '/model/{modelId}/converse-stream'],
  ['POST', '/model/{modelId}/invoke'],
  ['POST', '/async-invoke'],
  ['GET', '/async-invoke'],
  ['OPTIONS', '/async-invoke'],
  ['GET', '/async-invoke/{invocationArn}'],
  ['POST', '/uploads'],
  ['POST', '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply'],
].map(([method = '', resource = '']) => ({ method, resource }))

test.each([
  ['a trailing slash', 'POST', '/uploads/', 'did you mean POST /uploads?'],
  ['two slashes', 'POST', '//model/x/converse', 'did you mean POST /model/{modelId}/converse?'],
  ['a wrong method', 'GET', '/model/x/converse', 'did you mean POST /model/{modelId}/converse?'],
  ['a method of neither', 'PUT', '/async-invoke', 'did you mean POST /async-invoke or GET /async-invoke?'],
  ['a typing error', 'POST', '/model/x/convers', 'did you mean POST /model/{modelId}/converse?'],
  ['another letter case', 'POST', '/Model/x/Converse-Stream', 'did you mean POST /model/{modelId}/converse-stream?'],
  ['a stage before the path', 'POST', '/v1/uploads', 'did you mean POST /uploads?'],
  [
    'an ARN as it is printed',
    'GET',
    '/async-invoke/arn:aws:bedrock:us-east-1:123456789012:async-invoke/abc',
    'did you mean GET /async-invoke/{invocationArn}? A slash within {invocationArn} is written %2F',
  ],
  [
    'an ARN in the middle',
    'POST',
    '/model/arn:aws:bedrock:us-east-1:123456789012:inference-profile/x/invoke',
    'did you mean POST /model/{modelId}/invoke? A slash within {modelId} is written %2F',
  ],
])('a route is suggested for %s', (_mistake, method, path, hint) => {
  expect(suggestRoute(ROUTES, method, path)).toBe(hint)
})

test.each(['/', '/favicon.ico', '/model', '/chat/completions', '*', ''])('no route is suggested for %s', (path) => {
  expect(suggestRoute(ROUTES, 'GET', path)).toBeUndefined()
})
