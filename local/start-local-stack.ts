import { type BedrockAccess, chooseBedrock } from './bedrock-access.ts'
import { createFunctionLogs } from './function-logs.ts'
import { createFunctionUrl } from './gateway/function-url.ts'
import type { RequestSummary } from './gateway/gateway-server.ts'
import { createRestApi } from './gateway/rest-api.ts'
import type { LambdaError } from './lambda/errors.ts'
import { createLambdaService } from './lambda/lambda-service.ts'
import type { FunctionArtifacts } from './lambda/sandbox-directory.ts'
import type { LogLine } from './lambda/worker.ts'
import type { DualProtocolServer } from './net/dual-protocol-server.ts'
import { PORT_COUNT, PORT_OFFSETS } from './ports.ts'
import type { FunctionModel, LoadedTemplate } from './template/model.ts'
import { TemplateError } from './template/template-error.ts'
import { watchSources } from './watch-sources.ts'

/** A built function or layer: where it lies and which files or directory it was made from. */
export interface BuiltArtifact {
  readonly directory: string
  readonly inputs: readonly string[]
}

export interface LocalStackOptions {
  readonly template: LoadedTemplate
  /** First port of the block; 0 takes any free port for each server. */
  readonly port: number
  readonly maximumWorkers?: number
  /** Brings the artifacts up to date; by logical id of function or layer. */
  readonly build: (template: LoadedTemplate) => Promise<ReadonlyMap<string, BuiltArtifact>>
  readonly createEmulator: () => DualProtocolServer
  /** The shell's; only AWS_ENDPOINT_URL_BEDROCK_RUNTIME and what belongs to it are looked at. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly logDirectory: string
  readonly events: LocalStackEvents
}

/** What happens in the stack, for whoever shows it. */
export interface LocalStackEvents {
  onRequest(summary: RequestSummary): void
  onLog(line: LogLine): void
  /** A worker that was started ahead of time failed. */
  onInitFailed(functionName: string, error: LambdaError): void
  onReloaded(functionNames: readonly string[]): void
  /** The old code goes on running. */
  onBuildFailed(error: Error): void
}

export interface LocalStack {
  /** Undefined when the template has no API. */
  readonly apiUrl: string | undefined
  /** Undefined when no function has one. */
  readonly functionUrl: string | undefined
  readonly emulatorUrl: string
  readonly bedrock: BedrockAccess
  /** Ends every server and worker and removes what was unpacked. */
  close(): Promise<void>
}

/** A port of the block is taken. */
export class PortInUseError extends Error {}

/** Starts everything that the template needs; resolves when it serves. Rejects with nothing left running. */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { template, port, events } = options
  const api = onlyRestApi(template)
  const withUrl = onlyFunctionWithUrl(template)
  const portOf = (server: keyof typeof PORT_OFFSETS) => (port === 0 ? 0 : port + PORT_OFFSETS[server])
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const emulator = options.createEmulator()
    const emulatorPort = await listen(emulator, 'the Bedrock emulator', portOf('bedrock'))
    closers.push(() => emulator.close())
    const emulatorUrl = `http://127.0.0.1:${emulatorPort}`
    const bedrock = chooseBedrock(options.environment, emulatorUrl, blockOfPorts(port))

    let artifacts = await options.build(template)
    const logs = createFunctionLogs(options.logDirectory)
    closers.push(() => logs.close())
    const lambda = await createLambdaService({
      functions: template.functions.map((model) => ({ model, artifacts: artifactsOf(model, artifacts) })),
      region: template.region,
      ...(options.maximumWorkers !== undefined && { maximumWorkers: options.maximumWorkers }),
      environmentOverrides: bedrock.overrides,
      onLog(line) {
        logs.append(line)
        events.onLog(line)
      },
      onInitFailed: (functionName, error) => events.onInitFailed(functionName, error),
    })
    closers.push(() => lambda.close())

    const { accountId } = template
    const onRequest = (summary: RequestSummary) => events.onRequest(summary)
    const serve = async (server: DualProtocolServer, name: string, port: number) => {
      const bound = await listen(server, name, port)
      closers.push(() => server.close())
      return `http://127.0.0.1:${bound}`
    }
    const apiUrl = api && (await serve(createRestApi({ api, lambda, accountId, onRequest }), 'the API', portOf('api')))
    const functionUrl =
      withUrl &&
      (await serve(
        createFunctionUrl({ ...withUrl, lambda, accountId, onRequest }),
        'the function URL',
        portOf('functionUrl'),
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

    return { apiUrl, functionUrl, emulatorUrl, bedrock, close }
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

function blockOfPorts(first: number): number[] {
  return first === 0 ? [] : Array.from({ length: PORT_COUNT }, (_, offset) => first + offset)
}

async function listen(server: DualProtocolServer, name: string, port: number): Promise<number> {
  try {
    return await server.listen(port)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause
    throw new PortInUseError(`Port ${port}, for ${name}, is in use. Move the whole block of ports with --port.`, {
      cause,
    })
  }
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

/**
 * Runs `rebuild` with all that is stale, never twice at a time. What is stale stays so until a build has succeeded: the
 * change that repairs one file does not repeat the others.
 */
function createRebuild(
  rebuild: (stale: ReadonlySet<string>) => Promise<void>,
  onFailed: (error: Error) => void,
): (changed: ReadonlySet<string>) => void {
  const stale = new Set<string>()
  let requested = false
  let running = false

  async function run(): Promise<void> {
    running = true
    while (requested) {
      requested = false
      const now = new Set(stale)
      try {
        await rebuild(now)
        for (const logicalId of now) stale.delete(logicalId)
      } catch (error) {
        onFailed(error as Error)
      }
    }
    running = false
  }

  return (changed) => {
    for (const logicalId of changed) stale.add(logicalId)
    requested = true
    if (!running) void run()
  }
}
