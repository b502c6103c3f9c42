import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCloudFormationYaml } from '../../local/template/cloudformation-yaml.ts'
import type { JsonObject } from '../../local/template/json.ts'
import { askDeploy, toSamArguments } from '../../scripts/deploy/ask-deploy.ts'

const { Parameters } = parseCloudFormationYaml(
  readFileSync(join(import.meta.dirname, '..', '..', 'template.yaml'), 'utf8'),
) as { Parameters: JsonObject }

/** Gives the answers one after the other, and keeps the questions. */
async function answerAll(answers: readonly string[]) {
  const questions: string[] = []
  const ask = async (question: string) => {
    questions.push(question)
    return answers[questions.length - 1] ?? ''
  }
  return { questions, deploy: await askDeploy(ask, Parameters, 'eu-central-1') }
}

test('a deploy asks five questions, and SAM the sixth; without answers the defaults hold', async () => {
  const { questions, deploy } = await answerAll([])
  expect(questions).toHaveLength(5)
  expect(questions[1]).toBe('Region [eu-central-1]: ')
  expect(toSamArguments(deploy)).toEqual([
    ...['deploy', '--stack-name', 'bedrock-functions', '--region', 'eu-central-1'],
  ])
})

test('answers become options and parameters of sam deploy', async () => {
  const { deploy } = await answerAll([
    'team-a',
    'us-west-2',
    'KEY',
    'global.anthropic.*,amazon.nova-*',
    'a@example.com',
  ])
  expect(toSamArguments(deploy)).toEqual([
    ...['deploy', '--stack-name', 'team-a', '--region', 'us-west-2', '--parameter-overrides'],
    ...['Auth=KEY', 'AllowedModels=global.anthropic.*,amazon.nova-*', 'AlarmEmail=a@example.com'],
  ])
})

test('a wrong answer is asked again, with what is allowed', async () => {
  const { questions, deploy } = await answerAll(['1st', 'stack', 'mars', '', 'TOKEN', 'IAM', '', 'nobody', ''])
  expect(questions[1]).toMatch(/^letters, digits and hyphens/)
  expect(questions[3]).toMatch(/^a Region such as/)
  expect(questions[5]).toMatch(/^parameter Auth: "TOKEN" is not one of IAM, KEY\n/)
  expect(questions[8]).toMatch(/^parameter AlarmEmail: "nobody" is not: an e-mail address\n/)
  expect(deploy).toEqual({ stackName: 'stack', region: 'eu-central-1', parameters: {} })
})
