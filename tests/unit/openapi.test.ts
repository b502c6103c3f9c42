import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { OPENAPI_JSON, toOpenApiJson } from '../../scripts/openapi-json.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const yaml = readFileSync(join(ROOT, 'openapi.yaml'), 'utf8')

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, unknown>>
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const document = parse(yaml) as { readonly paths: Paths }
const template = parse(readFileSync(join(ROOT, 'template.yaml'), 'utf8'), { logLevel: 'silent' }) as {
  readonly Resources: { readonly Api: { readonly Properties: { readonly DefinitionBody: { readonly paths: Paths } } } }
}

/** Lists the operations of paths, without preflights, the page for people and the second spelling of routes. */
const operationsOf = (paths: Paths) =>
  Object.entries(paths)
    .filter(([path]) => !/^\/((openai|anthropic)\/|console$)/.test(path))
    .flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'options')
        .map((method) => `${method} ${path}`),
    )
    .sort()

test('openapi.yaml has every route of template.yaml, and no other', () => {
  expect(operationsOf(document.paths)).toEqual(operationsOf(template.Resources.Api.Properties.DefinitionBody.paths))
})

test('the routes below /openai/v1 and /anthropic/v1 are those below /v1', () => {
  const { paths } = template.Resources.Api.Properties.DefinitionBody
  const second = Object.keys(paths).filter((path) => /^\/(openai|anthropic)\//.test(path))
  expect(second.map((path) => path.replace(/^\/(openai|anthropic)/, '')).filter((path) => !(path in paths))).toEqual([])
})

test('every operation has an answer, the shape of its errors and an id of its own', () => {
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  for (const { responses } of operations)
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '4XX', '5XX']))
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
})

test('GET /openapi.json answers with openapi.yaml; npm run docs updates it', () => {
  expect(readFileSync(OPENAPI_JSON, 'utf8')).toBe(toOpenApiJson(yaml))
})
