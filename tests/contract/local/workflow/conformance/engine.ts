import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  SFNClient,
  StartSyncExecutionCommand,
  type StartSyncExecutionOutput,
} from '@aws-sdk/client-sfn'
import type { StateMachineModel } from '../../../../../local/template/model.ts'
import { checkDefinition } from '../../../../../local/workflow/definition/check-definition.ts'
import type { Definition } from '../../../../../local/workflow/definition/definition.ts'
import { createStepFunctions, createStepFunctionsServer } from '../../../../../local/workflow/index.ts'

/** Engine of the table, behind the API of Step Functions. */
export interface Engine {
  readonly isOwn: boolean
  run(name: string, input: string): Promise<StartSyncExecutionOutput>
  close(): Promise<void>
}

/**
 * Starts the local engine with the machines. With STEP_FUNCTIONS_ENDPOINT it creates them at that endpoint instead, with the
 * shell's credentials and Region, and the role STEP_FUNCTIONS_ROLE_ARN; close deletes them.
 */
export async function openEngine(machines: Readonly<Record<string, Definition>>): Promise<Engine> {
  const { STEP_FUNCTIONS_ENDPOINT: endpoint } = process.env
  return endpoint === undefined ? await openOwn(machines) : await openOther(endpoint, machines)
}

async function openOwn(machines: Readonly<Record<string, Definition>>): Promise<Engine> {
  const models = Object.entries(machines).map(([name, definition]): StateMachineModel => {
    const problems = checkDefinition(definition, [])
    if (problems.length > 0) throw new Error(`${name}: ${problems.join('; ')}`)
    const arn = `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`
    return { logicalId: name, type: 'EXPRESS', name, arn, definition, definitionPath: '', createdAt: new Date() }
  })
  const stepFunctions = createStepFunctions({
    stateMachines: models,
    invoke: async () => ({ payload: Buffer.from('null') }),
    bedrock: { endpoint: 'http://127.0.0.1:9' },
    s3: undefined,
    region: 'us-east-1',
  })
  const server = createStepFunctionsServer({ stepFunctions })
  const client = new SFNClient({
    endpoint: `http://127.0.0.1:${await server.listen(0)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    disableHostPrefix: true,
  })
  const arns = new Map(models.map(({ name, arn }) => [name, arn]))
  return {
    isOwn: true,
    run: (name, input) => client.send(new StartSyncExecutionCommand({ stateMachineArn: arns.get(name), input })),
    async close() {
      client.destroy()
      await server.close()
      await stepFunctions.close()
    },
  }
}

async function openOther(endpoint: string, machines: Readonly<Record<string, Definition>>): Promise<Engine> {
  const { STEP_FUNCTIONS_ROLE_ARN = 'arn:aws:iam::123456789012:role/states' } = process.env
  // Only AWS has a host for StartSyncExecution.
  const disableHostPrefix = !new URL(endpoint).hostname.endsWith('.amazonaws.com')
  const client = new SFNClient({ endpoint, disableHostPrefix })
  const arns = new Map<string, string | undefined>()
  for (const [name, definition] of Object.entries(machines)) {
    const { stateMachineArn } = await client.send(
      new CreateStateMachineCommand({
        name,
        definition: JSON.stringify(definition),
        roleArn: STEP_FUNCTIONS_ROLE_ARN,
        type: 'EXPRESS',
      }),
    )
    arns.set(name, stateMachineArn)
  }
  return {
    isOwn: false,
    run: (name, input) => client.send(new StartSyncExecutionCommand({ stateMachineArn: arns.get(name), input })),
    async close() {
      for (const stateMachineArn of arns.values()) await client.send(new DeleteStateMachineCommand({ stateMachineArn }))
      client.destroy()
    },
  }
}
