import type { OperationModel } from '../template/model.ts'

export interface MatchedRoute {
  readonly operation: OperationModel
  /** Still percent-encoded. */
  readonly pathParameters: Readonly<Record<string, string>>
}

export interface RouteTable {
  /** Finds a route; undefined for an unknown path or method. */
  match(method: string, rawPath: string): MatchedRoute | undefined
}

interface Segment {
  readonly kind: 'literal' | 'parameter' | 'rest'
  /** Text of a literal, or name of a parameter. */
  readonly text: string
}

interface Resource {
  readonly segments: readonly Segment[]
  readonly operations: Map<string, OperationModel>
}

/** Order of segments from left to right, as in API Gateway: the more exact kind first. */
const PRECEDENCE = { literal: 0, parameter: 1, rest: 2 } as const

/** Routes raw paths over OpenAPI paths: `{name}` takes one segment that is not empty, `{name+}` all that are left. */
export function createRouteTable(operations: readonly OperationModel[]): RouteTable {
  const resources = new Map<string, Resource>()
  for (const operation of operations) {
    const resource = resources.get(operation.resource) ?? { segments: parse(operation.resource), operations: new Map() }
    resource.operations.set(operation.method, operation)
    resources.set(operation.resource, resource)
  }
  const ordered = [...resources.values()].sort((left, right) => comparePrecedence(left.segments, right.segments))

  return {
    match(method, rawPath) {
      if (!rawPath.startsWith('/')) return undefined
      const path = rawPath.slice(1).split('/')
      for (const resource of ordered) {
        const pathParameters = matchSegments(resource.segments, path)
        if (!pathParameters) continue
        const operation = resource.operations.get(method) ?? resource.operations.get('ANY')
        return operation && { operation, pathParameters }
      }
      return undefined
    },
  }
}

function parse(resource: string): Segment[] {
  return resource
    .slice(1)
    .split('/')
    .map((text) => {
      const name = /^\{([^}+]+)(\+?)\}$/.exec(text)
      if (!name?.[1]) return { kind: 'literal', text }
      return { kind: name[2] === '+' ? 'rest' : 'parameter', text: name[1] }
    })
}

function comparePrecedence(left: readonly Segment[], right: readonly Segment[]): number {
  for (const [position, segment] of left.entries()) {
    const other = right[position]
    if (!other) break
    const difference = PRECEDENCE[segment.kind] - PRECEDENCE[other.kind]
    if (difference !== 0) return difference
  }
  return 0
}

function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {}
  for (const [position, segment] of segments.entries()) {
    const text = path[position]
    if (text === undefined) return undefined
    if (segment.kind === 'rest') {
      const rest = path.slice(position).join('/')
      return rest === '' ? undefined : { ...parameters, [segment.text]: rest }
    }
    if (segment.kind === 'literal' ? text !== segment.text : text === '') return undefined
    if (segment.kind === 'parameter') parameters[segment.text] = text
  }
  return path.length === segments.length ? parameters : undefined
}
