import { join } from 'node:path'
import { SFNClient, StartSyncExecutionCommand } from '@aws-sdk/client-sfn'
import { createRestApi } from '../../../../local/gateway/rest-api.ts'
import type { LambdaService } from '../../../../local/lambda/lambda-service.ts'
import { loadTemplate } from '../../../../local/template/load-template.ts'
import { createStepFunctionsServer, startSyncExecution } from '../../../../local/workflow/index.ts'
import { badInputs, MODES } from '../../statemachine/support/bad-inputs.ts'
import { type RunningWorkflow, startWorkflow } from '../../statemachine/support/start-workflow.ts'

/** Bad input through the template's own mapping templates, and through Step Functions with a stock client. */

let workflow: RunningWorkflow
let api: ReturnType<typeof createRestApi>
let server: ReturnType<typeof createStepFunctionsServer>
let states: SFNClient
let url: string

beforeAll(async () => {
  const template = loadTemplate(join(import.meta.dirname, '..', '..', '..', '..', 'template.yaml'))
  const [stateMachine] = template.stateMachines
  const [bucket] = template.buckets
  const [restApi] = template.restApis
  if (!stateMachine || !bucket || !restApi) throw new Error('template.yaml has no workflow')
  workflow = await startWorkflow({ stateMachine, bucket: bucket.name })
  api = createRestApi({
    api: restApi,
    // This route has no function.
    lambda: {} as LambdaService,
    accountId: template.accountId,
    startSyncExecution: (request) => startSyncExecution(workflow.stepFunctions, request),
  })
  url = `http://127.0.0.1:${await api.listen(0)}/workflow`
  server = createStepFunctionsServer({ stepFunctions: workflow.stepFunctions })
  states = new SFNClient({
    endpoint: `http://127.0.0.1:${await server.listen(0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    disableHostPrefix: true,
  })
})
afterAll(async () => {
  states.destroy()
  await server.close()
  await api.close()
  workflow.functions.close()
  await workflow.close()
})

describe.each(MODES)('in mode %s', (mode) => {
  const table = badInputs(mode)

  test('there are 40 kinds', () => {
    expect(table.length).toBeGreaterThanOrEqual(40)
  })

  test.each(table)('a message about %s answers over HTTP: %j', async (word, input) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    })
    expect([answer.status, answer.headers.get('x-amzn-errortype')]).toEqual([400, 'ValidationException'])
    const document = (await answer.json()) as { message: string }
    expect(Object.keys(document)).toEqual(['message'])
    expect(document.message).toContain(word)
  })

  test.each(table)('a message about %s ends an execution started by name: %j', async (word, input) => {
    const command = new StartSyncExecutionCommand({ stateMachineArn: workflow.arn, input: JSON.stringify(input) })
    expect(await states.send(command)).toMatchObject({
      status: 'FAILED',
      error: 'ValidationException',
      cause: expect.stringContaining(word),
    })
  })
})

test('no bad input reaches a model, a guardrail or a function', () => {
  expect(workflow.calls).toEqual([])
  expect(workflow.functions.events).toEqual([])
})
