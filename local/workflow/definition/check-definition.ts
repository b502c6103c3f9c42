import aslValidator from 'asl-validator'
import { type Definition, type PlacedState, walkStates, walkTexts } from './definition.ts'

/** Fields of a distributed Map. */
interface ProcessorFields {
  readonly ItemProcessor?: { readonly ProcessorConfig?: { readonly Mode?: string } }
}

/** Fields that aws-local-stepfunctions ignores or fails on, with the problem. */
const UNSUPPORTED_FIELDS: Readonly<Record<string, string>> = {
  QueryLanguage: 'JSONata is not run locally, only JSONPath',
  Assign: 'variables (Assign) are not run locally',
  Output: 'Output belongs to JSONata, which is not run locally',
  Arguments: 'Arguments belongs to JSONata, which is not run locally',
  ItemReader: 'a distributed Map (ItemReader) is not run locally',
  ItemBatcher: 'a distributed Map (ItemBatcher) is not run locally',
  ResultWriter: 'a distributed Map (ResultWriter) is not run locally',
  HeartbeatSeconds: 'heartbeats are for callbacks, which Express workflows do not have',
  HeartbeatSecondsPath: 'heartbeats are for callbacks, which Express workflows do not have',
  Credentials: 'the local stack has no IAM, so Credentials of a task have no effect',
}

/** Paths with any number of matches. Without a match they fail locally and give an empty list in AWS. */
const INDEFINITE_PATH = /^\$.*(?:\[\s*\*\s*\]|\[\s*\?|\.\.|\.\*|\[[^\]'"]*[:,])/

/**
 * Lists the parts of a definition, with its substitutions, that the local stack cannot run as Step Functions does. Each
 * problem names its state.
 *
 * @param resources served Task resources
 */
export function checkDefinition(definition: Definition, resources: readonly string[]): string[] {
  const { isValid, errorsText } = aslValidator(structuredClone(definition), { checkPaths: true, checkArn: true })
  if (!isValid) return errorsText('\n').split('\n')
  if (definition.QueryLanguage !== undefined && definition.QueryLanguage !== 'JSONPath') {
    return [UNSUPPORTED_FIELDS.QueryLanguage ?? '']
  }
  return [...walkStates(definition)].flatMap((placed) => checkState(placed, resources))
}

function checkState({ path, state }: PlacedState, resources: readonly string[]): string[] {
  const problems = Object.keys(state).flatMap((field) => {
    const isJsonPath = field === 'QueryLanguage' && state[field] === 'JSONPath'
    return Object.hasOwn(UNSUPPORTED_FIELDS, field) && !isJsonPath ? [UNSUPPORTED_FIELDS[field] ?? ''] : []
  })
  const { ItemProcessor } = state as ProcessorFields
  if (ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED') problems.push('a DISTRIBUTED Map is not run locally')
  if (state.Type === 'Task' && !resources.includes(state.Resource ?? '')) {
    problems.push(`resource ${state.Resource} is not served locally, only ${resources.join(', ')}`)
  }
  for (const [field, text] of walkTexts({
    ...state,
    ItemProcessor: undefined,
    Iterator: undefined,
    Branches: undefined,
  })) {
    const isPath = field.endsWith('.$') || /Path$|^Variable$/.test(field)
    if (isPath && INDEFINITE_PATH.test(text)) {
      problems.push(`path ${text} may match any number of values; without a match it fails locally, but not in AWS`)
    }
  }
  if (JSON.stringify(state.Choices ?? '').includes('"IsPresent":false')) {
    problems.push('IsPresent: false is never true locally; use Not')
  }
  return problems.map((problem) => `state ${path.join(' / ')}: ${problem}`)
}
