import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import aslValidator from 'asl-validator'

const path = join(import.meta.dirname, '..', '..', '..', 'statemachines', 'batch.asl.json')
const definition = JSON.parse(readFileSync(path, 'utf8').replaceAll(/\$\{Partition\}/g, 'aws'))

// The validator knows no expression here. Step Functions does: its guide, "MaxConcurrency" of a Map in JSONata.
const known = structuredClone(definition)
known.States.AnswerRecords.MaxConcurrency = 10

test('asl-validator has no findings in the batch machine', () => {
  const { isValid, errorsText } = aslValidator(known, { checkPaths: true, checkArn: true })
  expect({ isValid, errors: errorsText('\n') }).toEqual({ isValid: true, errors: '' })
})

test('its Map is distributed, has Express children and gives each of its rounds to Follow', () => {
  const { AnswerRecords } = definition.States
  expect(AnswerRecords.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' })
  expect(AnswerRecords).toMatchObject({ ToleratedFailurePercentage: 100, Next: 'Follow' })
})
