import aslValidator from 'asl-validator'
import type { Definition } from './definition.ts'

export function checkDefinition(definition: Definition, _resources: readonly string[]): string[] {
  const { isValid, errorsText } = aslValidator(structuredClone(definition), { checkPaths: true, checkArn: true })
  return isValid ? [] : errorsText('\n').split('\n')
}
