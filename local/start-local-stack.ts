import { join } from 'node:path'
import type { RequestSummary as BedrockSummary } from '@bedrock-functions/bedrock-emulator'
import { createRebuild } from './create-rebuild.ts'
import { openEventServices } from './event-services.ts'
import type { EventDraft } from './events/index.ts'
import { createFunctionLogs } from './function-logs.ts'
import type { AuthMode } from './gateway/access/auth-mode.ts'
import { createStackAccess } from './gateway/access/stack-access.ts'
import { createFunctionUrl } from './gateway/function-url.ts'
import type { RequestSummary } from './gateway/gateway-server.ts'
import { createRestApi } from './gateway/rest-api.ts'
import type { AttemptOutcome } from './lambda/asynchronous/index.ts'
import type { LambdaError } from './lambda/errors.ts'
import type { InspectTarget } from './lambda/inspect-target.ts'
import { createLambdaService, DEFAULT_MAX_WORKERS } from './lambda/lambda-service.ts'
import type { FunctionArtifacts } from './lambda/sandbox-directory.ts'
import type { LogLine } from './lambda/worker.ts'
import { createPortBlock, listen } from './listen.ts'
import { lockState } from './lock-state.ts'
import { openCertificate } from './net/certificate.ts'
import type { DualProtocolServer } from './net/dual-protocol-server.ts'
import { createActivity } from './page/activity.ts'
import type { Page } from './page/build-page.ts'
import { recordEvents } from './page/record-events.ts'
import { createPageServer } from './page/serve-page.ts'
import { type EndpointVariable, embeddedService, readShellServices, type ServiceAccess } from './service-access.ts'
import type { FunctionModel, LoadedTemplate } from './template/model.ts'
import { TemplateError } from './template/template-error.ts'
import { watchSources } from './watch-sources.ts'
import { type ExecutionSummary, type MapRunProgress, openStepFunctions } from './workflow/index.ts'

/** Built function or layer, with its directory and its source files or directories. */
export interface BuiltArtifact {
  readonly directory: string
  readonly inputs: readonly string[]
}

export interface LocalStackOptions {
  readonly template: LoadedTemplate
  /** First port of the block; 0 takes any free port for each server. */
  readonly port: number
  /** Address or name to listen on beside the loopback. */
  readonly host?: string | undefined
  /** Serves TLS with the certificate of the state directory, which is made where there is none. */
  readonly tls?: boolean
  /** A function to debug. */
  readonly inspect?: InspectTarget | undefined
  /** Credentials that callers need; none by default. */
  readonly auth?: AuthMode
  /** 20 by default. */
  readonly maxWorkers?: number
  /** Delays after failed attempts of asynchronous invocations; by default those of Lambda. */
  readonly retryDelaysMs?: readonly number[]
  /** Updates the artifacts and returns them by logical id of function or layer. */
  readonly build: (template: LoadedTemplate) => Promise<ReadonlyMap<string, BuiltArtifact>>
  readonly createEmulator: (surroundings: EmulatorSurroundings) => DualProtocolServer
  /** Serves the page at `GET /` of the API. */
  readonly page?: () => Promise<Page>
  /** Environment of the shell. Only AWS_ENDPOINT_URL_… of the services and their credentials are read. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Directory of the state that survives restarts and of the logs. One stack at a time. */
  readonly stateDirectory: string
  readonly events: LocalStackEvents
}

/** Surroundings that the emulator needs for asynchronous invocations and batch jobs. */
export interface EmulatorSurroundings {
  readonly directory: string
  /** Publishes an event of Bedrock on the default bus. */
  readonly onEvent: (event: EventDraft) => Promise<void>
  /** Called at the end of each request. */
  readonly onRequest: (summary: BedrockSummary) => void
  /** S3 for the outputs; undefined when the template has no bucket. */
  readonly s3Endpoint?: string
}

/** Events of the stack, to be shown. */
export interface LocalStackEvents {
  /** A request to the Bedrock emulator has ended. */
  onBedrockRequest(summary: BedrockSummary): void
  onRequest(summary: RequestSummary): void
  /** An asynchronous invocation has ended or was postponed. */
  onInvocation(outcome: AttemptOutcome): void
  /** A client or a function has put an event on a bus. */
  onPublished(event: EventDraft): void
  /** A workflow has ended. */
  onExecution(summary: ExecutionSummary): void
  /** Another tenth of the items of a workflow's map run has ended. */
  onMapRun(progress: MapRunProgress): void
  /** An embedded server had an internal error. */
  onFault(part: string, error: unknown): void
  onLog(line: LogLine): void
  /** A worker without an invocation failed to start. */
  onInitFailed(functionName: string, error: LambdaError): void
  onReloaded(functionNames: readonly string[]): void
  /** The build failed; the old code still runs. */
  onBuildFailed(error: Error): void
  /** The template or a definition has changed. The stack still uses what it read. */
  onTemplateChanged(paths: readonly string[]): void
}

export interface LocalStack {
  /** Undefined when the template has no API. */
  readonly apiUrl: string | undefined
  /** Undefined when no function has a URL. */
  readonly functionUrl: string | undefined
  readonly emulatorUrl: string
  readonly bedrock: ServiceAccess
  readonly auth: AuthMode
  /** Path of the certificate that clients must trust; undefined without TLS. */
  readonly certificateFile: string | undefined
  /** These four are undefined when the template does not need them. */
  readonly s3: ServiceAccess | undefined
  readonly eventBridge: ServiceAccess | undefined
  readonly sqs: ServiceAccess | undefined
  readonly dynamoDb: ServiceAccess | undefined
  /** Address of Step Functions; undefined when the template has no state machine. */
  readonly stepFunctionsUrl: string | undefined
  /** Runs a scheduled rule now. */
  fireSchedule(ruleName: string): Promise<void>
  /** Ends all servers and workers and removes the unpacked files. The state stays. */
  close(): Promise<void>
}

/** Starts everything that the template needs. Resolves when it serves. Ends everything before it rejects. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { template, environment, stateDirectory, maxWorkers = DEFAULT_MAX_WORKERS, auth = 'open' } = options
  const activity = createActivity()
  const events = recordEvents(options.events, activity)
  const api = onlyRestApi(template)
  const withUrl = onlyFunctionWithUrl(template)
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const lock = await lockState(stateDirectory)
    closers.push(() => lock.release())

    const certificate = options.tls ? await openCertificate(join(stateDirectory, 'tls'), options.host) : undefined
    const ports = createPortBlock(options.port, { host: options.host, tls: certificate })
    const ofShell = readShellServices(environment, ports.all, options.host)
    const s3OfShell = template.buckets.length > 0 ? ofShell('AWS_ENDPOINT_URL_S3') : undefined
    const services = await openEventServices({
      template,
      stateDirectory,
      ports,
      embedS3: !s3OfShell,
      maxWorkers,
      retryDelaysMs: options.retryDelaysMs,
      onInvocation: (outcome) => events.onInvocation(outcome),
      onPublished: (event) => events.onPublished(event),
      onFault: (part, error) => events.onFault(part, error),
    })
    closers.push(() => services.close())
    const choose = (variable: EndpointVariable, embedded: string | undefined) =>
      embedded === undefined ? undefined : (ofShell(variable) ?? embeddedService(variable, embedded))
    const s3 = s3OfShell ?? choose('AWS_ENDPOINT_URL_S3', services.s3Url)
    const eventBridge = choose('AWS_ENDPOINT_URL_EVENTBRIDGE', services.eventBridgeUrl)
    const sqs = choose('AWS_ENDPOINT_URL_SQS', services.sqsUrl)
    const dynamoDb = choose('AWS_ENDPOINT_URL_DYNAMODB', services.dynamoDbUrl)

    const emulator = options.createEmulator({
      directory: join(stateDirectory, 'bedrock'),
      onEvent: (event) => services.publish(event),
      onRequest: (summary) => events.onBedrockRequest(summary),
      ...(s3 && { s3Endpoint: s3.localEndpoint }),
    })
    const emulatorUrl = await listen(emulator, 'the Bedrock emulator', ports, 'bedrock')
    closers.push(() => emulator.close())
    const bedrock =
      ofShell('AWS_ENDPOINT_URL_BEDROCK_RUNTIME') ?? embeddedService('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', emulatorUrl)
    // Functions that call another Bedrock also use its control plane, at its usual address unless the shell names one.
    const controlPlane = (['AWS_ENDPOINT_URL_BEDROCK', 'AWS_ENDPOINT_URL_SERVICE_QUOTAS'] as const).map(
      (variable) => ofShell(variable) ?? (bedrock.isEmbedded ? embeddedService(variable, emulatorUrl) : undefined),
    )

    let artifacts = await options.build(template)
    const logs = createFunctionLogs(join(stateDirectory, 'logs'))
    closers.push(() => logs.close())
    const lambda = await createLambdaService({
      functions: template.functions.map((model) => ({ model, artifacts: artifactsOf(model, artifacts) })),
      region: template.region,
      maxWorkers,
      inspect: options.inspect,
      environmentOverrides: (model) =>
        Object.assign(
          certificate ? { NODE_EXTRA_CA_CERTS: certificate.file } : {},
          ...[bedrock, ...controlPlane, s3, eventBridge, sqs, dynamoDb].map((service) => service?.overrides(model)),
        ),
      onLog(line) {
        logs.append(line)
        events.onLog(line)
      },
      onInitFailed: (functionName, error) => events.onInitFailed(functionName, error),
    })
    closers.push(() => lambda.close())
    // Stops before the functions, so that their end is not recorded as a failure.
    closers.push(() => services.stop())
    const stepFunctions = await openStepFunctions({
      template,
      invoke: lambda.invoke,
      bedrock,
      s3,
      ports,
      stateDirectory,
      environment,
      onExecution: (summary) => events.onExecution(summary),
      onMapRun: (progress) => events.onMapRun(progress),
      onFault: (error) => events.onFault('Step Functions', error),
    })
    if (stepFunctions) closers.push(() => stepFunctions.close())
    services.start(lambda.invoke, (name, input, id) => stepFunctions?.startExecution(name, input, id))

    const { accountId } = template
    const access = createStackAccess({ mode: auth, template, lambda, stateDirectory, environment })
    closers.push(() => access.close())
    const onRequest = (summary: RequestSummary) => events.onRequest(summary)
    const serve = async (server: DualProtocolServer, name: string, key: 'api' | 'functionUrl') => {
      const url = await listen(server, name, ports, key)
      closers.push(() => server.close())
      return url
    }
    let functionUrl: string | undefined
    const apiUrl =
      api &&
      (await serve(
        createRestApi({
          api,
          lambda,
          accountId,
          ...(stepFunctions && { startSyncExecution: stepFunctions.startSyncExecution }),
          access: access.forApi(api),
          onRequest,
          ...(options.page && {
            handleFirst: createPageServer({
              page: options.page,
              facts: () => ({
                auth,
                region: template.region,
                functionUrl,
                isEmulated: bedrock.isEmbedded && environment.OPENAI_BASE_URL === undefined,
                stateMachines: template.stateMachines.map(({ name, type, definition }) => ({ name, type, definition })),
              }),
              s3Origin: s3 && new URL(s3.endpoint).origin,
              activity,
            }),
          }),
        }),
        'the API',
        'api',
      ))
    functionUrl =
      withUrl &&
      (await serve(
        createFunctionUrl({
          ...withUrl,
          lambda,
          accountId,
          routes: api?.operations ?? [],
          access: access.forFunctionUrl(),
          onRequest,
        }),
        'the function URL',
        'functionUrl',
      ))
    lambda.warm()

    const rebuild = createRebuild(async (stale) => {
      artifacts = await options.build(template)
      const concerned = template.functions.filter((model) =>
        [model.logicalId, ...model.layers].some((logicalId) => stale.has(logicalId)),
      )
      for (const model of concerned) await lambda.reload(model.functionName, artifactsOf(model, artifacts))
      await watching.update(sourcesOf(artifacts))
      // A second change of the same save may find nothing left to reload.
      if (concerned.length > 0) events.onReloaded(concerned.map(({ functionName }) => functionName))
    }, events.onBuildFailed)
    const watching = watchSources(rebuild)
    closers.push(() => watching.close())
    await watching.update(sourcesOf(artifacts))
    const templateWatch = watchSources((paths) => events.onTemplateChanged([...paths]))
    closers.push(() => templateWatch.close())
    const templatePaths = [template.path, ...template.stateMachines.map(({ definitionPath }) => definitionPath)]
    await templateWatch.update(new Map(templatePaths.map((path) => [path, [path]])))

    const { fireSchedule } = services
    const stepFunctionsUrl = stepFunctions?.url
    return {
      apiUrl,
      functionUrl,
      emulatorUrl,
      bedrock,
      auth,
      certificateFile: certificate?.file,
      s3,
      eventBridge,
      sqs,
      dynamoDb,
      stepFunctionsUrl,
      fireSchedule,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function onlyRestApi({ restApis }: LoadedTemplate) {
  const [api, other] = restApis
  if (other) throw new TemplateError([`${other.logicalId}: a second API is not supported by the local stack`])
  return api
}

/** Finds the function with a URL. There is only one port for it, while in AWS each URL has its own host. */
function onlyFunctionWithUrl({ functions }: LoadedTemplate) {
  const [first, other] = functions.flatMap(({ logicalId, functionName, functionUrl }) =>
    functionUrl ? [{ logicalId, functionName, url: functionUrl }] : [],
  )
  if (other) throw new TemplateError([`${other.logicalId}: a second function URL is not supported by the local stack`])
  return first
}

function artifactsOf(model: FunctionModel, artifacts: ReadonlyMap<string, BuiltArtifact>): FunctionArtifacts {
  const directoryOf = (logicalId: string) => {
    const artifact = artifacts.get(logicalId)
    if (!artifact) throw new Error(`the build made nothing for ${logicalId}`)
    return artifact.directory
  }
  return { taskDirectory: directoryOf(model.logicalId), layerDirectories: model.layers.map(directoryOf) }
}

function sourcesOf(artifacts: ReadonlyMap<string, BuiltArtifact>): ReadonlyMap<string, readonly string[]> {
  return new Map([...artifacts].map(([logicalId, { inputs }]) => [logicalId, inputs]))
}
