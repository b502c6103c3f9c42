import { createRouteTable } from '../../../local/gateway/route-table.ts'
import type { OperationModel } from '../../../local/template/model.ts'

const operation = (method: string, resource: string): OperationModel => ({
  resource,
  method,
  operationName: undefined,
  authorization: 'NONE',
  authorizer: undefined,
  apiKeyRequired: false,
  integration: { type: 'aws_proxy', functionName: 'x', transferMode: 'BUFFERED', timeoutMs: 1 },
})

const table = createRouteTable([
  operation('ANY', '/{proxy+}'),
  operation('GET', '/'),
  operation('GET', '/model/{id}'),
  operation('POST', '/model/{id}/converse'),
  operation('GET', '/model/known'),
  operation('GET', '/model/{id}/{rest+}'),
])

test.each([
  ['GET', '/', '/', {}],
  ['GET', '/model/known', '/model/known', {}],
  ['GET', '/model/a%2Fb', '/model/{id}', { id: 'a%2Fb' }],
  ['POST', '/model/a/converse', '/model/{id}/converse', { id: 'a' }],
  ['GET', '/model/a/b/c', '/model/{id}/{rest+}', { id: 'a', rest: 'b/c' }],
  ['PUT', '/anything/else', '/{proxy+}', { proxy: 'anything/else' }],
  ['GET', '/__proto__', '/{proxy+}', { proxy: '__proto__' }],
  ['GET', '/model/', '/{proxy+}', { proxy: 'model/' }],
])('%s %s goes to %s', (method, path, resource, pathParameters) => {
  expect(table.match(method, path)).toMatchObject({ operation: { resource }, pathParameters })
})

test.each([
  ['POST', '/'],
  ['PUT', '/model/known'],
  // The more exact resource is chosen before the method is compared.
  ['GET', '/model/a/converse'],
  ['GET', ''],
  ['OPTIONS', '*'],
])('%s %s goes nowhere', (method, path) => {
  expect(table.match(method, path)).toBeUndefined()
})
