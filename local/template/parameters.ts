import { isObject, type JsonObject } from './json.ts'
import { TemplateError } from './template-error.ts'

export type ParameterValue = string | readonly string[]

/** Members of a parameter's declaration. Each one is checked here or is only a description. */
const DECLARATION_MEMBERS = new Set([
  'Type',
  'Default',
  'AllowedValues',
  'AllowedPattern',
  'MinLength',
  'MaxLength',
  'MinValue',
  'MaxValue',
  'NoEcho',
  'Description',
  'ConstraintDescription',
])

const LIST_TYPES = new Set(['CommaDelimitedList', 'List<Number>', 'List<String>'])
const TYPES = new Set(['String', 'Number', ...LIST_TYPES])

/**
 * Values of the template's parameters: overrides, or else defaults, checked as CloudFormation checks them. Throws a
 * TemplateError that lists every parameter that is missing, unknown or outside its bounds.
 */
export function resolveParameters(
  declarations: JsonObject,
  overrides: Readonly<Record<string, string>>,
): Map<string, ParameterValue> {
  const values = new Map<string, ParameterValue>()
  const problems: string[] = []
  for (const name of Object.keys(overrides)) {
    if (!Object.hasOwn(declarations, name)) {
      problems.push(
        `parameter ${name}: the template declares no such parameter, only ${Object.keys(declarations).join(', ') || 'none'}`,
      )
    }
  }
  for (const [name, declaration] of Object.entries(declarations)) {
    const parameter = isObject(declaration) ? declaration : {}
    const declarationProblem = checkDeclaration(parameter)
    const text = overrides[name] ?? parameter.Default
    if (declarationProblem) problems.push(`parameter ${name}: ${declarationProblem}`)
    else if (text === undefined || text === null)
      problems.push(`parameter ${name} has no default; give it a value with --parameter-overrides ${name}=VALUE`)
    else {
      const problem = violation(parameter, String(text))
      if (problem) problems.push(`parameter ${name}: "${text}" ${problem}`)
      values.set(name, LIST_TYPES.has(String(parameter.Type)) ? splitList(String(text)) : String(text))
    }
  }
  if (problems.length > 0) throw new TemplateError(problems)
  return values
}

function checkDeclaration(parameter: JsonObject): string | undefined {
  const unknown = Object.keys(parameter).find((member) => !DECLARATION_MEMBERS.has(member))
  if (unknown) return `${unknown} is not supported`
  if (!TYPES.has(String(parameter.Type))) return `type ${parameter.Type} is not supported`
  return undefined
}

/** CloudFormation trims the members of a list. */
function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim())
}

function violation(parameter: JsonObject, text: string): string | undefined {
  const isList = LIST_TYPES.has(String(parameter.Type))
  for (const item of isList ? splitList(text) : [text]) {
    const problem = itemViolation(parameter, item)
    if (problem) return problem
  }
  return undefined
}

function itemViolation(parameter: JsonObject, item: string): string | undefined {
  const { AllowedValues, AllowedPattern, MinLength, MaxLength, MinValue, MaxValue } = parameter
  if (Array.isArray(AllowedValues) && !AllowedValues.map(String).includes(item)) {
    return `is not one of ${AllowedValues.join(', ')}`
  }
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(item)) {
    return parameter.ConstraintDescription === undefined
      ? `does not match ${AllowedPattern}`
      : `is not: ${parameter.ConstraintDescription}`
  }
  if (MinLength !== undefined && item.length < Number(MinLength)) return `is shorter than ${MinLength}`
  if (MaxLength !== undefined && item.length > Number(MaxLength)) return `is longer than ${MaxLength}`
  if (String(parameter.Type).includes('Number') && (item.trim() === '' || Number.isNaN(Number(item)))) {
    return 'is not a number'
  }
  if (MinValue !== undefined && Number(item) < Number(MinValue)) return `is less than ${MinValue}`
  if (MaxValue !== undefined && Number(item) > Number(MaxValue)) return `is more than ${MaxValue}`
  return undefined
}
