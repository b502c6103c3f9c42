import { isObject, type JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

/** Value of AWS::NoValue. The property or list item with this value is removed. */
export const NO_VALUE = Symbol('AWS::NoValue')

/** Names that an expression can use. Each member throws a TemplateError for an unknown name. */
export interface Scope {
  /** Value of a Ref: pseudo parameter, parameter or resource. */
  reference(name: string): unknown
  attribute(logicalId: string, attribute: string): unknown
  condition(name: string): boolean
  mapping(map: string, topLevelKey: string, secondLevelKey: string): unknown
}

type Intrinsic = (argument: unknown, resolve: (value: unknown) => unknown, scope: Scope) => unknown

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, _resolve, scope) => scope.reference(String(argument)),
  'Fn::GetAtt': (argument, resolve, scope) => {
    const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.')
    return scope.attribute(String(logicalId), attribute.map((part) => String(resolve(part))).join('.'))
  },
  'Fn::Sub': (argument, resolve, scope) => {
    const [template, variables] = Array.isArray(argument) ? argument : [argument, {}]
    return substitute(String(template), isObject(variables) ? variables : {}, resolve, scope)
  },
  'Fn::If': (argument, resolve, scope) => {
    const [name, whenTrue, whenFalse] = list(argument, 3)
    return resolve(scope.condition(String(name)) ? whenTrue : whenFalse)
  },
  'Fn::Equals': (argument, resolve) => {
    const [left, right] = list(argument, 2)
    return String(resolve(left)) === String(resolve(right))
  },
  'Fn::Not': (argument, resolve) => !resolve(list(argument, 1)[0]),
  'Fn::And': (argument, resolve) => list(argument).every((condition) => resolve(condition)),
  'Fn::Or': (argument, resolve) => list(argument).some((condition) => resolve(condition)),
  Condition: (argument, _resolve, scope) => scope.condition(String(argument)),
  'Fn::Join': (argument, resolve) => {
    const [delimiter, items] = list(argument, 2)
    return list(resolve(items)).map(String).join(String(delimiter))
  },
  'Fn::Split': (argument, resolve) => {
    const [delimiter, text] = list(argument, 2)
    return String(resolve(text)).split(String(delimiter))
  },
  'Fn::Select': (argument, resolve) => {
    const [position, items] = list(argument, 2)
    const index = Number(resolve(position))
    const values = list(resolve(items))
    if (!(index in values))
      throw new TemplateError([`Fn::Select: the index ${index} is outside the list of ${values.length}`])
    return values[index]
  },
  'Fn::FindInMap': (argument, resolve, scope) => {
    const [map, top, second] = list(argument, 3).map((part) => String(resolve(part)))
    return scope.mapping(String(map), String(top), String(second))
  },
  'Fn::Base64': (argument, resolve) => Buffer.from(String(resolve(argument))).toString('base64'),
  'Fn::ImportValue': () => {
    throw new TemplateError(['Fn::ImportValue is not supported, because there is no other stack locally'])
  },
}

/**
 * Replaces every intrinsic function in `value` by its value and removes properties and items that are AWS::NoValue. Error
 * messages begin with `path`, the value's position in the template.
 */
export function resolveIntrinsics(value: unknown, scope: Scope, path: string): unknown {
  try {
    const resolved = resolve(value, scope)
    return resolved === NO_VALUE ? undefined : resolved
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new TemplateError(
      error.problems.map((problem) => `${path}: ${problem}`),
      { cause: error },
    )
  }
}

function resolve(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') {
    if (value.includes('{{resolve:')) throw new TemplateError([`the dynamic reference "${value}" is not supported`])
    return value
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== NO_VALUE)
  if (!isObject(value)) return value
  const call = intrinsicCall(value)
  if (call) return call.intrinsic(call.argument, (argument) => resolve(argument, scope), scope)
  const entries = Object.entries(value).map(([name, member]) => [name, resolve(member, scope)] as const)
  return Object.fromEntries(entries.filter(([, member]) => member !== NO_VALUE))
}

/** Name of the intrinsic function, or undefined for plain data. */
function intrinsicCall(value: JsonObject): { intrinsic: Intrinsic; argument: unknown } | undefined {
  const [name, ...others] = Object.keys(value)
  if (name === undefined || others.length > 0) return undefined
  // Policies have a member Condition, too, but it is not a string.
  if (name === 'Condition' && typeof value[name] !== 'string') return undefined
  const intrinsic = Object.hasOwn(INTRINSICS, name) ? INTRINSICS[name] : undefined
  if (intrinsic) return { intrinsic, argument: value[name] }
  if (name.startsWith('Fn::')) throw new TemplateError([`${name} is not supported`])
  return undefined
}

function list(value: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    throw new TemplateError([
      `expected a list${length === undefined ? '' : ` of ${length}`}, got ${JSON.stringify(value)}`,
    ])
  }
  return value
}

function substitute(
  template: string,
  variables: JsonObject,
  resolveArgument: (value: unknown) => unknown,
  scope: Scope,
): string {
  return template.replace(/\$\{([^}]*)\}/g, (whole, inner: string) => {
    if (inner.startsWith('!')) return `\${${inner.slice(1)}}`
    const name = inner.trim()
    if (name === '') return whole
    if (Object.hasOwn(variables, name)) return String(resolveArgument(variables[name]))
    const dot = name.indexOf('.')
    return String(dot < 0 ? scope.reference(name) : scope.attribute(name.slice(0, dot), name.slice(dot + 1)))
  })
}
