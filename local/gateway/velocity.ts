import { parseExactly } from '@bedrock-functions/runtime/json'
import { Compile, parse } from 'velocityjs'
import type { JsonObject } from '../template/json.ts'
import { isObject } from '../template/json.ts'

/** Input of a mapping template. */
export interface TemplateVariables {
  /** The body that `$input` reads. */
  readonly body: string
  readonly context: JsonObject
  readonly stageVariables: Readonly<Record<string, string>>
  readonly parameters: {
    readonly path: Readonly<Record<string, string>>
    readonly querystring: Readonly<Record<string, string>>
    readonly header: Readonly<Record<string, string>>
  }
}

/** Output of a template: its text, and the values of `$context.responseOverride`. */
export interface RenderedTemplate {
  readonly text: string
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
}

/** Error of a body that is not JSON, which `$input.json` and `$input.path` need. */
export class TemplateInputError extends Error {}

/**
 * A mapping template of API Gateway. Of its variables there are `$input` (json, path, body, params), `$util`
 * (escapeJavaScript, parseJson, urlEncode, urlDecode, base64Encode, base64Decode), `$context` and `$stageVariables`.
 * Source: API Gateway developer guide, "Variables for data transformations".
 */
export function renderTemplate(template: string, variables: TemplateVariables): RenderedTemplate {
  const override: { status?: unknown; header: Record<string, unknown> } = { header: {} }
  const scope = {
    input: createInput(variables),
    util: UTIL,
    context: { ...toVelocity(variables.context), responseOverride: override },
    stageVariables: variables.stageVariables,
  }
  const text = new Compile(parse(template), { customMethodHandlers: [REPLACE_ALL] }).render(scope)
  const status = Number(override.status)
  return {
    text,
    status: override.status === undefined || !Number.isInteger(status) ? undefined : status,
    headers: Object.fromEntries(
      Object.entries(override.header).map(([name, value]) => [name.toLowerCase(), String(value)]),
    ),
  }
}

type MethodHandler = NonNullable<NonNullable<ConstructorParameters<typeof Compile>[1]>['customMethodHandlers']>[number]

/** Java's String method for templates. In Java it takes a regular expression. */
const REPLACE_ALL: MethodHandler = {
  uid: 'replaceAll',
  match: ({ property, context }) => property === 'replaceAll' && typeof context === 'string',
  resolve: ({ context, params: [pattern, replacement] }) =>
    String(context).replace(new RegExp(String(pattern), 'g'), String(replacement)),
}

const UTIL = {
  escapeJavaScript: (text: unknown) => escapeJavaScript(String(text ?? '')),
  parseJson: (text: unknown) => JSON.parse(String(text)) as unknown,
  urlEncode: (text: unknown) => encodeURIComponent(String(text)),
  urlDecode: (text: unknown) => decodeURIComponent(String(text)),
  base64Encode: (text: unknown) => Buffer.from(String(text)).toString('base64'),
  base64Decode: (text: unknown) => Buffer.from(String(text), 'base64').toString(),
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\n': '\\n',
  '\t': '\\t',
  '\f': '\\f',
  '\r': '\\r',
}

/**
 * As Apache Commons' StringEscapeUtils, which API Gateway uses: single quotes become `\'`, which is no JSON, and all but
 * printable ASCII `\uXXXX`.
 */
function escapeJavaScript(text: string): string {
  return text.replaceAll(/['"\\/]|[^\x20-\x7e]/g, (character) => {
    if (/['"\\/]/.test(character)) return `\\${character}`
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
    return SHORT_ESCAPES[character] ?? `\\u${code}`
  })
}

function createInput({ body, parameters }: TemplateVariables) {
  const document = (parse: (text: string) => unknown) => {
    if (body.trim() === '') return {}
    try {
      return parse(body)
    } catch (cause) {
      throw new TemplateInputError('the body is no JSON', { cause })
    }
  }
  return {
    body,
    // The text of a number stays unchanged.
    json: (path: string) => JSON.stringify(lookUp(document(parseExactly), path) ?? ''),
    path: (path: string) => lookUp(document(JSON.parse), path) ?? '',
    params: (name?: string) =>
      name === undefined
        ? parameters
        : (parameters.path[name] ?? parameters.querystring[name] ?? parameters.header[name.toLowerCase()] ?? ''),
  }
}

/** Reads a path: `$`, `$.name` or `$.name.name`, the JSONPath that the templates use. */
function lookUp(document: unknown, path: string): unknown {
  if (!/^\$(?:\.[A-Za-z_][\w-]*)*$/.test(path)) throw new Error(`the path ${path} is not supported by the local stack`)
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>(
      (level, name) => (isObject(level) && Object.hasOwn(level, name) ? level[name] : undefined),
      document,
    )
}

/** Writes a value. A missing value is empty, as in API Gateway. */
function toVelocity(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, isObject(member) ? toVelocity(member) : (member ?? '')]),
  )
}
