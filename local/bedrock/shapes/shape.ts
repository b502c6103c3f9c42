/**
 * Shapes of requests as data, for Bedrock's structures and every family's native body. `check-shape.ts` reads them; each
 * table is next to its parser.
 */
export type Shape =
  | StringShape
  | NumberShape
  | { readonly type: 'boolean' }
  /** Any JSON. */
  | { readonly type: 'document' }
  /** Base64 text of at least one byte. */
  | { readonly type: 'blob' }
  | ListShape
  | MapShape
  | StructureShape
  /** Exactly one of the members, as in Bedrock's unions. */
  | { readonly type: 'union'; readonly members: Members }
  /** A structure chosen by its member `type`, as in Anthropic's and OpenAI's content blocks. */
  | { readonly type: 'tagged'; readonly variants: Readonly<Record<string, StructureShape>>; readonly fallback?: string }
  /** Alternatives of different JSON types, such as `string | Block[]`. */
  | { readonly type: 'either'; readonly shapes: readonly Shape[] }

/** Members by name. A function returns the shape of a recursive member. */
export type Members = Readonly<Record<string, Shape | (() => Shape)>>

export interface StringShape {
  readonly type: 'string'
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: RegExp
  /** Pattern as the service writes it, where `pattern` is an equivalent that is faster to test. */
  readonly shownPattern?: string
  readonly values?: readonly string[]
}

export interface NumberShape {
  readonly type: 'integer' | 'number'
  readonly minimum?: number
  readonly maximum?: number
}

export interface ListShape {
  readonly type: 'list'
  readonly items: Shape
  readonly minimum?: number
  readonly maximum?: number
}

export interface MapShape {
  readonly type: 'map'
  readonly keys?: StringShape
  readonly values: Shape
  readonly minimum?: number
  readonly maximum?: number
}

export interface StructureShape {
  readonly type: 'structure'
  readonly members: Members
  readonly required?: readonly string[]
  /** Refused keys; other unknown keys are ignored. */
  readonly refused?: readonly string[]
}

export const text: StringShape = { type: 'string' }
export const boolean: Shape = { type: 'boolean' }
export const document: Shape = { type: 'document' }
export const blob: Shape = { type: 'blob' }

export function oneOf(...values: string[]): StringShape {
  return { type: 'string', values }
}

export function integer(minimum?: number, maximum?: number): NumberShape {
  return { type: 'integer', ...bounds(minimum, maximum) }
}

export function number(minimum?: number, maximum?: number): NumberShape {
  return { type: 'number', ...bounds(minimum, maximum) }
}

export function list(items: Shape, minimum?: number, maximum?: number): ListShape {
  return { type: 'list', items, ...bounds(minimum, maximum) }
}

export function structure(members: Members, required: readonly string[] = []): StructureShape {
  return { type: 'structure', members, required }
}

export function union(members: Members): Shape {
  return { type: 'union', members }
}

export function either(...shapes: Shape[]): Shape {
  return { type: 'either', shapes }
}

function bounds(minimum?: number, maximum?: number): { minimum?: number; maximum?: number } {
  return { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) }
}
