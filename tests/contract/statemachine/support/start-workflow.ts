import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBedrockEmulator, type RequestSummary } from '@bedrock-functions/bedrock-emulator'
import { createS3Server } from '@bedrock-functions/s3-emulator'
import type { StateMachineModel } from '../../../../local/template/model.ts'
import { createStepFunctions, type ExecutionSummary } from '../../../../local/workflow/index.ts'
import { loadWorkflow } from './load-workflow.ts'
import { createStandInFunctions } from './stand-in-functions.ts'

export const BUCKET = 'jobs'

export interface WorkflowOptions {
  /** Definition; by default with the tests' own substitutions. */
  readonly stateMachine?: StateMachineModel
  readonly bucket?: string
  /** Longest time of an execution. */
  readonly limitMs?: number
}

/** Starts the real definition and dispatcher on the real emulator and S3. Only the functions are stand-ins. */
export async function startWorkflow({
  stateMachine = loadWorkflow(BUCKET),
  bucket = BUCKET,
  limitMs,
}: WorkflowOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'workflow-'))
  const calls: RequestSummary[] = []
  const emulator = createBedrockEmulator({ onRequest: (summary) => calls.push(summary) })
  const s3 = createS3Server({ directory, buckets: [{ name: bucket }] })
  const bedrockUrl = `http://127.0.0.1:${await emulator.listen(0)}`
  const s3Url = `http://127.0.0.1:${await s3.listen(0)}`
  const functions = createStandInFunctions({ bedrockUrl, s3Url, bucket })
  const executions: ExecutionSummary[] = []
  const stepFunctions = createStepFunctions({
    stateMachines: [stateMachine],
    invoke: functions.invoke,
    bedrock: { endpoint: bedrockUrl },
    s3: { endpoint: s3Url },
    region: 'us-east-1',
    onExecution: (summary) => executions.push(summary),
    timing: {
      waits: { WaitForJob: 0 },
      // Tests count tries and do not wait for pauses.
      retryPauses: Object.fromEntries(Object.keys(stateMachine.definition.States).map((name) => [name, 0])),
      ...(limitMs !== undefined && { limitMs }),
    },
  })
  return {
    arn: stateMachine.arn,
    stateMachine,
    stepFunctions,
    executions,
    functions,
    s3,
    s3Url,
    /** Requests to the emulator, including those of the functions. */
    calls,
    /** Runs an execution to its end; `result` is the parsed output. */
    async run(input: unknown, name?: string) {
      const execution = await stepFunctions.startSyncExecution({
        arn: stateMachine.arn,
        input: JSON.stringify(input),
        name,
      })
      const { status, error, cause, output } = execution
      return { status, error, cause, result: output === undefined ? undefined : JSON.parse(output) }
    },
    async close() {
      await stepFunctions.close()
      await emulator.close()
      await s3.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export type RunningWorkflow = Awaited<ReturnType<typeof startWorkflow>>
