import { join } from 'node:path'
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
import { createLambdaService, DEFAULT_MAXIMUM_WORKERS } from './lambda/lambda-service.ts'
import type { FunctionArtifacts } from './lambda/sandbox-directory.ts'
import type { LogLine } from './lambda/worker.ts'
import { createPortBlock, listen } from './listen.ts'
import { lockState } from './lock-state.ts'
import type { DualProtocolServer } from './net/dual-protocol-server.ts'
import { type EndpointVariable, embeddedService, readShellServices, type ServiceAccess } from './service-access.ts'
import type { FunctionModel, LoadedTemplate } from './template/model.ts'
import { TemplateError } from './template/template-error.ts'
import { watchSources } from './watch-sources.ts'
import { type ExecutionSummary, openStepFunctions } from './workflow/index.ts'

/** A built function or layer: where it lies and which files or directory it was made from. */
export interface BuiltArtifact {
  readonly directory: string
  readonly inputs: readonly string[]
}

export interface LocalStackOptions {
  readonly template: LoadedTemplate
  /** First port of the block; 0 takes any free port for each server. */
  readonly port: number
  /** Who may call; everybody by default. */
  readonly auth?: AuthMode
  /** 20 by default. */
  readonly maximumWorkers?: number
  /** After failed attempts of asynchronous invocations; Lambda's by default. */
  readonly retryDelaysMilliseconds?: readonly number[]
  /** Brings the artifacts up to date; by logical id of function or layer. */
  readonly build: (template: LoadedTemplate) => Promise<ReadonlyMap<string, BuiltArtifact>>
  readonly createEmulator: (surroundings: EmulatorSurroundings) => DualProtocolServer
  /** The shell's; only the AWS_ENDPOINT_URL_… of the services here and what belongs to them are looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Of all that is kept over restarts, and the functions' logs; one stack at a time. */
  readonly stateDirectory: string
  readonly events: LocalStackEvents
}

/** What the emulator needs for invocations that are not synchronous. */
export interface EmulatorSurroundings {
  readonly directory: string
  /** Where their outputs go; undefined when the template has no bucket. */
  readonly s3Endpoint?: string
}

/** What happens in the stack, for whoever shows it. */
export interface LocalStackEvents {
  onRequest(summary: RequestSummary): void
  /** An asynchronous invocation has ended, or has been put off. */
  onInvocation(outcome: AttemptOutcome): void
  /** A client or a function has put an event on a bus. */
  onPublished(event: EventDraft): void
  /** A workflow has ended. */
  onExecution(summary: ExecutionSummary): void
  /** Something inside an embedded server failed. */
  onFault(part: string, error: unknown): void
  onLog(line: LogLine): void
  /** A worker that was started ahead of time failed. */
  onInitFailed(functionName: string, error: LambdaError): void
  onReloaded(functionNames: readonly string[]): void
  /** The old code goes on running. */
  onBuildFailed(error: Error): void
  /** The template or a state machine's definition changed; the stack goes on with what it read. */
  onTemplateChanged(paths: readonly string[]): void
}

export interface LocalStack {
  /** Undefined when the template has no API. */
  readonly apiUrl: string | undefined
  /** Undefined when no function has one. */
  readonly functionUrl: string | undefined
  readonly emulatorUrl: string
  readonly bedrock: ServiceAccess
  readonly auth: AuthMode
  /** These three: undefined when the template has nothing for them. */
  readonly s3: ServiceAccess | undefined
  readonly eventBridge: ServiceAccess | undefined
  readonly sqs: ServiceAccess | undefined
  /** Step Functions'; undefined when the template has no state machine. */
  readonly stepFunctionsUrl: string | undefined
  /** Does what a scheduled rule does when its time comes. */
  fireSchedule(ruleName: string): Promise<void>
  /** Ends every server and worker and removes what was unpacked; the state is kept. */
  close(): Promise<void>
}

/** Starts everything that the template needs; resolves when it serves. Rejects with nothing left running. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const {
    template,
    environment,
    stateDirectory,
    maximumWorkers = DEFAULT_MAXIMUM_WORKERS,
    auth = 'open',
    events,
  } = options
  const api = onlyRestApi(template)
  const withUrl = onlyFunctionWithUrl(template)
  const ports = createPortBlock(options.port)
  const ofShell = readShellServices(environment, ports.all)
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const lock = await lockState(stateDirectory)
    closers.push(() => lock.release())

    const s3OfShell = template.buckets.length > 0 ? ofShell('AWS_ENDPOINT_URL_S3') : undefined
    const services = await openEventServices({
      template,
      stateDirectory,
      ports,
      embedS3: !s3OfShell,
      maximumWorkers,
      retryDelaysMilliseconds: options.retryDelaysMilliseconds,
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

    const emulator = options.createEmulator({
      directory: join(stateDirectory, 'bedrock'),
      ...(s3 && { s3Endpoint: s3.endpoint }),
    })
    const emulatorUrl = await listen(emulator, 'the Bedrock emulator', ports, 'bedrock')
    closers.push(() => emulator.close())
    const bedrock =
      ofShell('AWS_ENDPOINT_URL_BEDROCK_RUNTIME') ?? embeddedService('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', emulatorUrl)

    let artifacts = await options.build(template)
    const logs = createFunctionLogs(join(stateDirectory, 'logs'))
    closers.push(() => logs.close())
    const lambda = await createLambdaService({
      functions: template.functions.map((model) => ({ model, artifacts: artifactsOf(model, artifacts) })),
      region: template.region,
      maximumWorkers,
      environmentOverrides: (model) =>
        Object.assign({}, ...[bedrock, s3, eventBridge, sqs].map((service) => service?.overrides(model))),
      onLog(line) {
        logs.append(line)
        events.onLog(line)
      },
      onInitFailed: (functionName, error) => events.onInitFailed(functionName, error),
    })
    closers.push(() => lambda.close())
    // Before the functions, which would otherwise be killed while they seem to fail.
    closers.push(() => services.stop())
    const stepFunctions = await openStepFunctions({
      template,
      invoke: lambda.invoke,
      bedrock,
      s3,
      ports,
      environment,
      onExecution: (summary) => events.onExecution(summary),
      onFault: (error) => events.onFault('Step Functions', error),
    })
    if (stepFunctions) closers.push(() => stepFunctions.close())
    services.start(lambda.invoke, (name, input) => stepFunctions?.startExecution(name, input))

    const { accountId } = template
    const access = createStackAccess({ mode: auth, template, lambda, stateDirectory, environment })
    closers.push(() => access.close())
    const onRequest = (summary: RequestSummary) => events.onRequest(summary)
    const serve = async (server: DualProtocolServer, name: string, key: 'api' | 'functionUrl') => {
      const url = await listen(server, name, ports, key)
      closers.push(() => server.close())
      return url
    }
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
        }),
        'the API',
        'api',
      ))
    const functionUrl =
      withUrl &&
      (await serve(
        createFunctionUrl({ ...withUrl, lambda, accountId, access: access.forFunctionUrl(), onRequest }),
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
      events.onReloaded(concerned.map(({ functionName }) => functionName))
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
      s3,
      eventBridge,
      sqs,
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

/** In AWS each function URL is a host of its own; here there is one port for it. */
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
