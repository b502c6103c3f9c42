import { join, relative, resolve } from 'node:path'
import { createBedrockEmulator, formatSummary } from '@bedrock-functions/bedrock-emulator'
import { BuildError } from '../scripts/build-error.ts'
import { describeAccessError } from './access-error.ts'
import { describeInert, describeStack } from './banner.ts'
import { type CommandLine, CommandLineError, parseCommandLine, USAGE } from './command-line.ts'
import {
  clock,
  formatEvent,
  formatInvocation,
  formatLogLine,
  formatRequest,
  formatVerbose,
  isRoutine,
} from './console-lines.ts'
import { AccessOptionError, authParameters } from './gateway/access/auth-mode.ts'
import { readSigners } from './gateway/access/signature/credentials.ts'
import { buildForInspection, findInspectTarget, InspectOptionError, requireInspectPort } from './inspect.ts'
import { PortInUseError } from './listen.ts'
import { StateInUseError } from './lock-state.ts'
import { HostError } from './net/addresses.ts'
import { writeTogether } from './net/write-together.ts'
import type { Page } from './page/build-page.ts'
import { type LocalStackEvents, startLocalStack } from './start-local-stack.ts'
import { JournalError } from './storage/journal.ts'
import { loadTemplate } from './template/load-template.ts'
import type { LoadedTemplate } from './template/model.ts'
import { TemplateError } from './template/template-error.ts'
import { formatExecution, formatMapRun } from './workflow/index.ts'

/**
 * Signals within this time count as one: a terminal sends Ctrl-C to npm, the launcher and this process, and the launcher
 * forwards it.
 */
const SAME_SIGNAL_MS = 300

const DEFAULT_STATE = '.local'

/** `npm start`: the template's stack, until Ctrl-C. */
async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2), process.env)
  if (commandLine.help) {
    console.log(USAGE)
    return
  }
  const template = loadTemplate(commandLine.template, {
    parameters: { ...authParameters(commandLine.auth), ...commandLine.parameterOverrides },
    region: commandLine.region,
    firstPort: commandLine.port,
  })
  const inspect = commandLine.inspect && findInspectTarget(commandLine.inspect, template)
  if (inspect) await requireInspectPort(inspect, commandLine.port)
  const stateDirectory = resolve(commandLine.state ?? join(template.directory, DEFAULT_STATE))
  // Loaded here, because --help and wrong options need no esbuild.
  const { buildBundles } = await import('../scripts/build-bundles.ts')
  const stack = await startLocalStack({
    template,
    port: commandLine.port,
    maxWorkers: commandLine.maxWorkers,
    auth: commandLine.auth,
    host: commandLine.host,
    tls: commandLine.tls,
    inspect,
    build: (loaded) =>
      buildBundles(inspect ? buildForInspection(loaded, inspect) : loaded, {
        outputDirectory: join(template.directory, 'dist'),
      }),
    createEmulator: (surroundings) =>
      createBedrockEmulator({
        ...surroundings,
        environment: process.env,
        accountId: template.accountId,
        region: template.region,
      }),
    page: createPage(),
    environment: process.env,
    stateDirectory,
    events: consoleEvents(commandLine, template),
  })
  stopOnSignals(() => stack.close())
  console.log(
    describeStack(stack, template, {
      openaiUrl: process.env.OPENAI_BASE_URL,
      signers: commandLine.auth === 'open' ? [] : readSigners(process.env),
      state: stateOption(stateDirectory),
      host: commandLine.host,
      inspect,
    }),
  )
  if (commandLine.verbose) console.log(`Ignored locally:\n${describeInert(template)}\n`)
}

/** Builds the page when a browser asks for it the first time. */
function createPage(): () => Promise<Page> {
  let built: Promise<Page> | undefined
  return () => {
    built ??= import('./page/build-page.ts').then(({ buildPage }) => buildPage())
    return built
  }
}

/** Value of --state for other commands in the same directory; undefined where they need none. */
function stateOption(stateDirectory: string): string | undefined {
  const path = relative('', stateDirectory)
  if (path === DEFAULT_STATE) return undefined
  return /^(\.\.|$)/.test(path) ? stateDirectory : path
}

function consoleEvents({ verbose }: CommandLine, { rules }: LoadedTemplate): LocalStackEvents {
  return {
    onRequest: (summary) => print(formatRequest(summary)),
    onBedrockRequest: (summary) => print(`${clock()} bedrock ${formatSummary(summary)}`),
    onInvocation(outcome) {
      if (verbose || !isRoutine(outcome, rules)) print(formatInvocation(outcome))
    },
    onPublished: (event) => print(formatEvent(event)),
    onExecution: (summary) => print(`${clock()} ${formatExecution(summary)}`),
    onMapRun: (progress) => print(`${clock()} ${formatMapRun(progress)}`),
    onFault: (part, error) => console.error(`${clock()} ${part} failed:`, error),
    onLog(line) {
      const text = verbose ? formatVerbose(line) : formatLogLine(line)
      if (text !== undefined) print(text)
    },
    onInitFailed: (functionName, error) => console.error(`${clock()} ${functionName} does not start: ${error.message}`),
    onReloaded: (functionNames) => print(`${clock()} reloaded ${functionNames.join(', ')}`),
    onBuildFailed: (error) => console.error(`${clock()} not reloaded, the old code still runs: ${error.message}`),
    onTemplateChanged(paths) {
      const files = paths.map((path) => relative('', path)).join(', ')
      print(`${clock()} ${files} changed: restart npm start to use it`)
    },
  }
}

/** Writes a line. The lines of one turn of the event loop go out together: a busy stack writes several for each call. */
function print(line: string): void {
  writeTogether(process.stdout)
  console.log(line)
}

function stopOnSignals(close: () => Promise<void>): void {
  let stoppingSince: number | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now()
      // After the turn, so that its last lines are written.
      void close().then(() => setImmediate(() => process.exit(0)))
    } else if (performance.now() - stoppingSince > SAME_SIGNAL_MS) {
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

/** True for errors whose message needs no stack trace. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof CommandLineError ||
    error instanceof TemplateError ||
    error instanceof PortInUseError ||
    error instanceof StateInUseError ||
    error instanceof AccessOptionError ||
    error instanceof JournalError ||
    error instanceof BuildError ||
    error instanceof HostError ||
    error instanceof InspectOptionError
  )
}

main().catch((error: unknown) => {
  console.error(isExpected(error) ? error.message : (describeAccessError(error) ?? error))
  process.exitCode = 1
})
