import { readFileSync, statSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { checkDefinition } from '../workflow/definition/check-definition.ts'
import { type Definition, isDistributed, walkStates } from '../workflow/definition/definition.ts'
import { SERVED_RESOURCES } from '../workflow/resources/served-resources.ts'
import { parseCloudFormationYaml } from './cloudformation-yaml.ts'
import { isObject, type JsonObject } from './json.ts'
import type { StateMachineModel } from './model.ts'
import { createPropertyReader, type PropertyReader } from './read-property.ts'
import { type Place, stateMachineArn } from './resource-values.ts'
import { TemplateError } from './template-error.ts'

/** Reads a resolved AWS::Serverless::StateMachine. Throws a TemplateError for one that cannot run locally. */
export function readStateMachine(
  logicalId: string,
  resource: JsonObject,
  place: Place & { readonly directory: string },
): StateMachineModel {
  const reader = createPropertyReader(logicalId, resource).within('Properties')
  const type = reader.optionalString('Type') ?? 'STANDARD'
  if (type !== 'EXPRESS' && type !== 'STANDARD') return reader.fail('Type', 'must be EXPRESS or STANDARD')
  const name = reader.optionalString('Name') ?? logicalId
  const definitionPath = resolve(place.directory, reader.string('DefinitionUri'))
  const text = substitute(readText(definitionPath, reader), reader)
  const definition = parseDefinition(definitionPath, text, reader)
  const problems = [...checkDefinition(definition, SERVED_RESOURCES), ...checkDistributed(definition, type)]
  if (problems.length > 0) throw new TemplateError(problems.map((problem) => `${logicalId}: ${problem}`))
  const createdAt = statSync(definitionPath).mtime
  return { logicalId, type, name, arn: stateMachineArn(name, place), definitionPath, definition, createdAt }
}

function checkDistributed(definition: Definition, type: StateMachineModel['type']): string[] {
  const maps = type === 'EXPRESS' ? [...walkStates(definition)].filter(({ state }) => isDistributed(state)) : []
  return maps.map(({ path }) => `state ${path.join(' / ')}: a DISTRIBUTED Map needs a state machine of type STANDARD`)
}

function readText(path: string, reader: PropertyReader): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    return reader.fail('DefinitionUri', `cannot be read: ${(error as Error).message}`)
  }
}

/** Makes the substitutions. CloudFormation keeps a name without a substitution; here it is an error. */
function substitute(text: string, reader: PropertyReader): string {
  const substitutions = reader.within('DefinitionSubstitutions')
  return text.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => {
    // The value is inside a JSON text, so it is escaped, without quotes around it.
    return JSON.stringify(substitutions.string(name)).slice(1, -1)
  })
}

function parseDefinition(path: string, text: string, reader: PropertyReader): Definition {
  try {
    const definition: unknown = extname(path) === '.json' ? JSON.parse(text) : parseCloudFormationYaml(text)
    if (isObject(definition) && isObject(definition.States)) return definition as unknown as Definition
  } catch (error) {
    return reader.fail('DefinitionUri', `cannot be parsed: ${(error as Error).message}`)
  }
  return reader.fail('DefinitionUri', 'is not a state machine')
}
