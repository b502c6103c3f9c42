import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { loadTemplate } from '../local/template/load-template.ts'
import { buildBundles } from './build-bundles.ts'

/** `npm run build`: the bundles that `npm start` runs, and with the SAM CLI at hand also those that `sam deploy` sends. */
const root = join(import.meta.dirname, '..')
const template = await loadTemplate(join(root, 'template.yaml'))
const artifacts = await buildBundles(template, { outputDirectory: join(root, 'dist') })
for (const [logicalId, { directory }] of artifacts) {
  console.log(`${logicalId.padEnd(24)} ${String(Math.ceil(codeBytes(directory) / 1024)).padStart(6)} KB  ${directory}`)
}

const sam = spawnSync('sam', ['build'], { cwd: root, stdio: 'inherit' })
if (sam.error)
  console.log('No SAM CLI on this machine: the bundles serve npm start; a deploy needs "sam build" as well.')
else process.exitCode = sam.status ?? 1

/** Source maps are loaded only by who asks for them. */
function codeBytes(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.endsWith('.map'))
    .map((path) => statSync(join(directory, path)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
}
