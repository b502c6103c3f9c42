import { AwsJsonError } from '../events/http/aws-json-error.ts'
import { createAwsJsonServer, type RequestSummary } from '../events/http/aws-json-server.ts'
import type { DualProtocolServer } from '../net/dual-protocol-server.ts'
import type { JsonObject } from '../template/json.ts'
import type { StateMachineModel } from '../template/model.ts'
import { readArn } from './operation-input.ts'
import { createStandardOperations } from './standard-operations.ts'
import type { StartOptions, StepFunctions } from './step-functions.ts'

export interface StepFunctionsServerOptions {
  readonly stepFunctions: StepFunctions
  /** Called once after the answer to each request. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/** Far above the largest allowed input with its escapes, so that clients see the message about that limit. */
const MAX_BODY_BYTES = 8 * 1024 * 1024

/**
 * Local Step Functions: the operations on state machines, and those on executions and map runs of Standard workflows. SDKs put `sync-` before the host for StartSyncExecution, which clients must disable.
 */
export function createStepFunctionsServer({
  stepFunctions,
  onRequest,
}: StepFunctionsServerOptions): DualProtocolServer {
  return createAwsJsonServer({
    targetPrefix: 'AWSStepFunctions',
    version: '1.0',
    errorPrefix: 'com.amazonaws.states#',
    operations: {
      StartSyncExecution: (input) => startSyncExecution(stepFunctions, input),
      StartExecution(input) {
        const { executionArn, startDate } = stepFunctions.startExecution(readStart(input))
        return { executionArn, startDate: seconds(startDate) }
      },
      ...createStandardOperations(stepFunctions),
      ListStateMachines: () => ({ stateMachines: stepFunctions.stateMachines.map(describe) }),
      DescribeStateMachine({ stateMachineArn }) {
        const model = stepFunctions.find(readArn(stateMachineArn, 'stateMachineArn'))
        return {
          ...describe(model),
          status: 'ACTIVE',
          definition: JSON.stringify(model.definition),
          roleArn: `arn:aws:iam::${model.arn.split(':')[4]}:role/local`,
        }
      },
    },
    maxBodyBytes: MAX_BODY_BYTES,
    onRequest,
  })
}

/** Runs the operation of the JSON protocol, also for API Gateway's integration. Rejects with an AwsJsonError. */
export async function startSyncExecution(stepFunctions: StepFunctions, request: JsonObject): Promise<JsonObject> {
  const { startDate, stopDate, ...execution } = await stepFunctions.startSyncExecution(readStart(request))
  const durationMs = stopDate.getTime() - startDate.getTime()
  return {
    ...execution,
    startDate: seconds(startDate),
    stopDate: seconds(stopDate),
    inputDetails: { included: true },
    ...(execution.output !== undefined && { outputDetails: { included: true } }),
    billingDetails: { billedDurationInMilliseconds: Math.ceil(durationMs / 100) * 100, billedMemoryUsedInMB: 64 },
  }
}

function readStart({ stateMachineArn, input = '{}', name }: JsonObject): StartOptions {
  if (typeof input !== 'string') throw new AwsJsonError('SerializationException', 'input is not a string')
  if (name !== undefined && name !== null && typeof name !== 'string') {
    throw new AwsJsonError('SerializationException', 'name is not a string')
  }
  return { arn: readArn(stateMachineArn, 'stateMachineArn'), input, ...(typeof name === 'string' && { name }) }
}

function describe({ arn, name, type, createdAt }: StateMachineModel) {
  return { stateMachineArn: arn, name, type, creationDate: seconds(createdAt) }
}

/** Time in seconds, as in AWS's JSON protocols. */
function seconds(time: Date): number {
  return time.getTime() / 1000
}
