import { isObject } from '../template/json.ts'
import type { RuleTargetModel } from '../template/model.ts'
import { TemplateError } from '../template/template-error.ts'
import type { EventBridgeEvent } from './event.ts'

export type PayloadRenderer = (event: EventBridgeEvent) => string

/** A step of an input path: `.name`, `['name']` or `[0]`. */
const STEP = /\.([\w-]+)|\['([^']+)'\]|\["([^"]+)"\]|\[(\d+)\]/y

/**
 * Compiles a target's payload: its constant input, the part of the event at its input path (`null` for a missing part), or
 * the whole event. Throws a TemplateError for an input that is not JSON and for a path with filters or wildcards.
 */
export function compilePayload({ id, input, inputPath }: RuleTargetModel, ruleName: string): PayloadRenderer {
  if (input !== undefined) {
    if (!isJson(input)) throw new TemplateError([`${ruleName}.Targets.${id}.Input: not JSON`])
    return () => input
  }
  const steps = parsePath(inputPath ?? '$', `${ruleName}.Targets.${id}.InputPath`)
  return (event) => JSON.stringify(steps.reduce<unknown>(takeStep, event) ?? null)
}

function takeStep(node: unknown, step: string): unknown {
  if (Array.isArray(node)) return node[Number(step)]
  return isObject(node) && Object.hasOwn(node, step) ? node[step] : undefined
}

function parsePath(path: string, place: string): string[] {
  const steps: string[] = []
  let position = 1
  while (path.startsWith('$') && position < path.length) {
    STEP.lastIndex = position
    const match = STEP.exec(path)
    if (!match) break
    steps.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '')
    position = STEP.lastIndex
  }
  if (position !== path.length) throw new TemplateError([`${place}: ${path} is not a path of names and indexes`])
  return steps
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
