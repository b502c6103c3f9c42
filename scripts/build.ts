import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describeAccessError } from '../local/access-error.ts'
import { loadTemplate } from '../local/template/load-template.ts'
import { TemplateError } from '../local/template/template-error.ts'
import { buildBundles } from './build-bundles.ts'
import { BuildError } from './build-error.ts'

const root = join(import.meta.dirname, '..')

/** Builds the bundles that `npm start` runs. */
async function buildLocally(): Promise<void> {
  const template = loadTemplate(join(root, 'template.yaml'))
  const artifacts = await buildBundles(template, { outputDirectory: join(root, 'dist') })
  for (const [logicalId, { directory }] of artifacts) {
    console.log(
      `${logicalId.padEnd(24)} ${String(Math.ceil(codeBytes(directory) / 1024)).padStart(6)} KB  ${directory}`,
    )
  }
}

/** Bytes of the artifact without source maps, which Lambda does not load by default. */
function codeBytes(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.endsWith('.map'))
    .map((path) => statSync(join(directory, path)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}

/** `npm run build`: builds the bundles of `npm start` and, where there is a SAM CLI, those of `sam deploy`. */
async function main(): Promise<void> {
  try {
    await buildLocally()
  } catch (error) {
    const expected = error instanceof BuildError ? error.message : describeAccessError(error)
    if (expected !== undefined) {
      console.error(expected)
      process.exitCode = 1
      return
    }
    // A template that only AWS understands can still be deployed.
    if (!(error instanceof TemplateError)) throw error
    console.error(`${error.message}\nnpm start refuses this template.`)
  }
  const sam = spawnSync('sam', ['build'], { cwd: root, stdio: 'inherit' })
  if (!sam.error) process.exitCode = sam.status ?? 1
  else
    console.log(
      'This machine has no SAM CLI. The bundles are for npm start; to deploy, install the SAM CLI and build again.',
    )
}

await main()
