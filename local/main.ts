import { join } from 'node:path'
import { BuildError } from '../scripts/build-error.ts'
import { describeInert, describeStack } from './banner.ts'
import { formatSummary } from './bedrock/format-summary.ts'
import { createBedrockEmulator } from './bedrock/index.ts'
import { type CommandLine, CommandLineError, parseCommandLine, USAGE } from './command-line.ts'
import { clock, formatLogLine, formatRequest, formatVerbose } from './console-lines.ts'
import { type LocalStackEvents, PortInUseError, startLocalStack } from './start-local-stack.ts'
import { loadTemplate } from './template/load-template.ts'
import { TemplateError } from './template/template-error.ts'

/**
 * A terminal sends Ctrl-C to npm, to the launcher and to this process, and the launcher forwards it: signals this close
 * together are one.
 */
const SAME_SIGNAL_MILLISECONDS = 300

/** `npm start`: the template's stack on 127.0.0.1, until Ctrl-C. */
async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2), process.env)
  if (commandLine.help) {
    console.log(USAGE)
    return
  }
  const template = loadTemplate(commandLine.template, {
    parameters: commandLine.parameterOverrides,
    region: commandLine.region,
    firstPort: commandLine.port,
  })
  // Only now: --help and a wrong option need no esbuild.
  const { buildBundles } = await import('../scripts/build-bundles.ts')
  const stack = await startLocalStack({
    template,
    port: commandLine.port,
    maximumWorkers: commandLine.maximumWorkers,
    build: (loaded) => buildBundles(loaded, { outputDirectory: join(template.directory, 'dist') }),
    createEmulator: () =>
      createBedrockEmulator({
        environment: process.env,
        onRequest: (summary) => console.log(`${clock()} bedrock ${formatSummary(summary)}`),
      }),
    environment: process.env,
    logDirectory: join(template.directory, '.local', 'logs'),
    events: consoleEvents(commandLine),
  })
  stopOnSignals(() => stack.close())
  console.log(describeStack(stack, template, process.env.OPENAI_BASE_URL))
  if (commandLine.verbose) console.log(`Left aside locally:\n${describeInert(template)}\n`)
}

function consoleEvents({ verbose }: CommandLine): LocalStackEvents {
  return {
    onRequest: (summary) => console.log(formatRequest(summary)),
    onLog(line) {
      const text = verbose ? formatVerbose(line) : formatLogLine(line)
      if (text !== undefined) console.log(text)
    },
    onInitFailed: (functionName, error) => console.error(`${clock()} ${functionName} does not start: ${error.message}`),
    onReloaded: (functionNames) => console.log(`${clock()} reloaded ${functionNames.join(', ')}`),
    onBuildFailed: (error) =>
      console.error(`${clock()} not reloaded, the code before goes on running: ${error.message}`),
  }
}

function stopOnSignals(close: () => Promise<void>): void {
  let stoppingSince: number | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now()
      void close().then(() => process.exit(0))
    } else if (performance.now() - stoppingSince > SAME_SIGNAL_MILLISECONDS) {
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
}

/** Errors whose message says all that there is to know. */
function isExpected(error: unknown): error is Error {
  return (
    error instanceof CommandLineError ||
    error instanceof TemplateError ||
    error instanceof PortInUseError ||
    error instanceof BuildError
  )
}

main().catch((error: unknown) => {
  console.error(isExpected(error) ? error.message : error)
  process.exitCode = 1
})
