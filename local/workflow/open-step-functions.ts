import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { AwsJsonError } from '../events/http/aws-json-error.ts'
import { listen, type PortBlock } from '../listen.ts'
import type { ServiceAccess } from '../service-access.ts'
import type { JsonObject } from '../template/json.ts'
import type { LoadedTemplate } from '../template/model.ts'
import type { ServiceEndpoint } from './resources/create-resources.ts'
import type { InvokeFunction } from './resources/lambda-invoke.ts'
import { createStepFunctions, type ExecutionSummary, type MapRunProgress } from './step-functions.ts'
import { createStepFunctionsServer, startSyncExecution } from './step-functions-server.ts'

export interface OpenStepFunctionsOptions {
  readonly template: LoadedTemplate
  /** `invoke` of the Lambda service. */
  readonly invoke: InvokeFunction
  readonly bedrock: ServiceAccess
  readonly s3: ServiceAccess | undefined
  readonly ports: PortBlock
  /** Holds a folder with the Standard executions. */
  readonly stateDirectory: string
  /** Environment of the shell; its credentials are for the services that it names. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly onExecution: (summary: ExecutionSummary) => void
  readonly onMapRun: (progress: MapRunProgress) => void
  /** An internal error of the server. */
  readonly onFault: (error: unknown) => void
}

/** Server of the template's state machines. */
export interface OpenStepFunctions {
  readonly url: string
  /** For API Gateway's integration. */
  startSyncExecution(request: JsonObject): Promise<JsonObject>
  /**
   * For EventBridge's targets: starts an execution of the named state machine.
   *
   * @param id of the delivery. A Standard execution starts once for each id
   */
  startExecution(stateMachineName: string, input: string, id: string): void
  close(): Promise<void>
}

/** Undefined when the template has no state machine. */
export async function openStepFunctions(options: OpenStepFunctionsOptions): Promise<OpenStepFunctions | undefined> {
  const { template, invoke, bedrock, s3, ports, stateDirectory, environment, onExecution, onMapRun, onFault } = options
  const { stateMachines, region } = template
  if (stateMachines.length === 0) return undefined
  const endpointOf = (service: ServiceAccess): ServiceEndpoint => ({
    endpoint: service.localEndpoint,
    ...(!service.isEmbedded && shellCredentials(environment)),
  })
  const stepFunctions = createStepFunctions({
    stateMachines,
    invoke,
    bedrock: endpointOf(bedrock),
    s3: s3 && endpointOf(s3),
    // A service that the shell names is in the shell's Region.
    region: (bedrock.isEmbedded ? undefined : environment.AWS_REGION) ?? region,
    directory: join(stateDirectory, 'workflow'),
    onExecution,
    onMapRun,
  })
  const server = createStepFunctionsServer({
    stepFunctions,
    onRequest: ({ failure }) => {
      if (failure !== undefined) onFault(failure)
    },
  })
  const url = await listen(server, 'Step Functions', ports, 'stepFunctions')
  stepFunctions.standard.resume()
  return {
    url,
    startSyncExecution: (request) => startSyncExecution(stepFunctions, request),
    startExecution(stateMachineName, input, id) {
      const model = stateMachines.find(({ name }) => name === stateMachineName)
      if (!model) throw new Error(`there is no state machine ${stateMachineName}`)
      try {
        stepFunctions.startExecution({ arn: model.arn, input, name: executionName(id) })
      } catch (error) {
        // The stack ended before the bus knew of the start.
        if (!(error instanceof AwsJsonError && error.name === 'ExecutionAlreadyExists')) throw error
      }
    },
    async close() {
      await server.close()
      await stepFunctions.close()
    },
  }
}

function executionName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 32)
}

function shellCredentials(environment: OpenStepFunctionsOptions['environment']): Pick<ServiceEndpoint, 'credentials'> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = environment
  if (!accessKeyId || !secretAccessKey) return {}
  return {
    credentials: { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) },
  }
}
