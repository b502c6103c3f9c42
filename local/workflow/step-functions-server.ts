import { AwsJsonError } from '../events/http/aws-json-error.ts'
import { createAwsJsonServer, type RequestSummary } from '../events/http/aws-json-server.ts'
import type { DualProtocolServer } from '../net/dual-protocol-server.ts'
import type { JsonObject } from '../template/json.ts'
import type { StateMachineModel } from '../template/model.ts'
import type { StartOptions, StepFunctions } from './step-functions.ts'

export interface StepFunctionsServerOptions {
  readonly stepFunctions: StepFunctions
  /** Called once for each request, after its answer. */
  readonly onRequest?: (summary: RequestSummary) => void
}

/** Far beyond the largest input that is taken, escapes included, so that the limit's own message is what clients see. */
const MAXIMUM_BODY_BYTES = 8 * 1024 * 1024

/**
 * Step Functions on the loopback interface: StartSyncExecution, StartExecution, ListStateMachines and
 * DescribeStateMachine. SDKs put `sync-` before the host of StartSyncExecution: clients must turn that off.
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
      ListStateMachines: () => ({ stateMachines: stepFunctions.stateMachines.map(describe) }),
      DescribeStateMachine({ stateMachineArn }) {
        const model = stepFunctions.find(readArn(stateMachineArn))
        return {
          ...describe(model),
          status: 'ACTIVE',
          definition: JSON.stringify(model.definition),
          roleArn: `arn:aws:iam::${model.arn.split(':')[4]}:role/local`,
        }
      },
    },
    maximumBodyBytes: MAXIMUM_BODY_BYTES,
    onRequest,
  })
}

/** The operation as its JSON protocol has it; API Gateway's integration calls it, too. Rejects with an AwsJsonError. */
export async function startSyncExecution(stepFunctions: StepFunctions, request: JsonObject): Promise<JsonObject> {
  const { startDate, stopDate, ...execution } = await stepFunctions.startSyncExecution(readStart(request))
  const milliseconds = stopDate.getTime() - startDate.getTime()
  return {
    ...execution,
    startDate: seconds(startDate),
    stopDate: seconds(stopDate),
    inputDetails: { included: true },
    ...(execution.output !== undefined && { outputDetails: { included: true } }),
    billingDetails: { billedDurationInMilliseconds: Math.ceil(milliseconds / 100) * 100, billedMemoryUsedInMB: 64 },
  }
}

function readStart({ stateMachineArn, input = '{}', name }: JsonObject): StartOptions {
  if (typeof input !== 'string') throw new AwsJsonError('SerializationException', 'input is not a string')
  if (name !== undefined && name !== null && typeof name !== 'string') {
    throw new AwsJsonError('SerializationException', 'name is not a string')
  }
  return { arn: readArn(stateMachineArn), input, ...(typeof name === 'string' && { name }) }
}

function readArn(arn: unknown): string {
  if (typeof arn === 'string' && arn !== '') return arn
  throw new AwsJsonError(
    'ValidationException',
    "1 validation error detected: Value at 'stateMachineArn' must not be null",
  )
}

function describe({ arn, name, createdAt }: StateMachineModel) {
  return { stateMachineArn: arn, name, type: 'EXPRESS', creationDate: seconds(createdAt) }
}

/** The JSON protocols give times in seconds. */
function seconds(time: Date): number {
  return time.getTime() / 1000
}
