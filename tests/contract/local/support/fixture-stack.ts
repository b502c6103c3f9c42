import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RequestSummary } from '../../../../local/gateway/gateway-server.ts'
import type { AttemptOutcome } from '../../../../local/lambda/asynchronous/index.ts'
import type { LogLine } from '../../../../local/lambda/worker.ts'
import { createDualProtocolServer } from '../../../../local/net/dual-protocol-server.ts'
import { type BuiltArtifact, type LocalStack, startLocalStack } from '../../../../local/start-local-stack.ts'
import { loadTemplate } from '../../../../local/template/load-template.ts'
import type { LoadedTemplate } from '../../../../local/template/model.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures')

export interface FixtureStack {
  /** Address of the API. */
  readonly url: string
  readonly functionUrl: string
  readonly emulatorUrl: string
  readonly summaries: readonly RequestSummary[]
  readonly lines: readonly LogLine[]
  /** Outcomes of asynchronous invocations. */
  readonly outcomes: readonly AttemptOutcome[]
  /** Internal errors of the embedded servers. */
  readonly faults: readonly string[]
  readonly stack: LocalStack
  close(): Promise<void>
}

export interface FixtureStackOptions {
  /** Name of a fixture; template.yaml by default. */
  readonly template?: string
  readonly parameters?: Readonly<Record<string, string>>
  readonly maxWorkers?: number
  readonly retryDelaysMs?: readonly number[]
  /** State of an earlier stack; a new one by default. */
  readonly stateDirectory?: string
  /** Variables of the shell. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Starts a stack of the fixtures on free ports, with handlers that need no build. */
export async function startFixtureStack({
  template = 'template.yaml',
  parameters = {},
  environment = {},
  ...options
}: FixtureStackOptions = {}): Promise<FixtureStack> {
  const scratch = await mkdtemp(join(tmpdir(), 'fixture-stack-'))
  const summaries: RequestSummary[] = []
  const lines: LogLine[] = []
  const outcomes: AttemptOutcome[] = []
  const faults: string[] = []
  const stack = await startLocalStack({
    template: loadTemplate(join(FIXTURES, template), { parameters }),
    port: 0,
    stateDirectory: join(scratch, 'state'),
    ...options,
    build: (loaded) => takeAsItLies(loaded, join(scratch, 'layer')),
    createEmulator: () => createDualProtocolServer((_request, response) => response.end()),
    environment: { HOME: '/home/somebody', SECRET_OF_THE_SHELL: 'secret', ...environment },
    events: {
      onRequest: (summary) => summaries.push(summary),
      onBedrockRequest: () => {},
      onInvocation: (outcome) => outcomes.push(outcome),
      onPublished: () => {},
      onExecution: () => {},
      onMapRun: () => {},
      onFault: (part, error) => faults.push(`${part}: ${error}`),
      onLog: (line) => lines.push(line),
      onInitFailed: () => {},
      onReloaded: () => {},
      onBuildFailed: () => {},
      onTemplateChanged: () => {},
    },
  })
  return {
    url: stack.apiUrl ?? '',
    functionUrl: stack.functionUrl ?? '',
    emulatorUrl: stack.emulatorUrl,
    summaries,
    lines,
    outcomes,
    faults,
    stack,
    async close() {
      await stack.close()
      await rm(scratch, { recursive: true })
    },
  }
}

/** Uses functions from their CodeUri and lays out the layer as its build does, because git ignores node_modules. */
async function takeAsItLies(template: LoadedTemplate, layerDirectory: string): Promise<Map<string, BuiltArtifact>> {
  const packageDirectory = join(layerDirectory, 'nodejs/node_modules/greeting')
  await mkdir(packageDirectory, { recursive: true })
  await copyFile(join(FIXTURES, 'layer/greeting.js'), join(packageDirectory, 'index.js'))
  return new Map([
    ...template.functions.map(({ logicalId, codeUri }) => [logicalId, { directory: codeUri, inputs: [] }] as const),
    ...template.layers.map(({ logicalId }) => [logicalId, { directory: layerDirectory, inputs: [] }] as const),
  ])
}
