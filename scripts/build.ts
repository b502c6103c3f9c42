import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describeAccessError } from '../local/access-error.ts'
import { loadTemplate } from '../local/template/load-template.ts'
import { TemplateError } from '../local/template/template-error.ts'
import { buildBundles } from './build-bundles.ts'
import { BuildError } from './build-error.ts'

const root = join(import.meta.dirname, '..')

/** The bundles that `npm start` runs. A template that only a deploy understands is no reason not to build that deploy. */
async function buildLocally(): Promise<void> {
  const template = loadTemplate(join(root, 'template.yaml'))
  const artifacts = await buildBundles(template, { outputDirectory: join(root, 'dist') })
  for (const [logicalId, { directory }] of artifacts) {
    console.log(
      `${logicalId.padEnd(24)} ${String(Math.ceil(codeBytes(directory) / 1024)).padStart(6)} KB  ${directory}`,
    )
  }
}

/** Source maps are loaded only by who asks for them. */
function codeBytes(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.endsWith('.map'))
    .map((path) => statSync(join(directory, path)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}

/** `npm run build`: with the SAM CLI at hand also the bundles that `sam deploy` sends. */
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
    if (!(error instanceof TemplateError)) throw error
    console.error(`${error.message}\nnpm start would refuse this template.`)
  }
  const sam = spawnSync('sam', ['build'], { cwd: root, stdio: 'inherit' })
  if (!sam.error) process.exitCode = sam.status ?? 1
  else console.log('No SAM CLI on this machine: these bundles serve npm start. To deploy, install it and build again.')
}

await main()
