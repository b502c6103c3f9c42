import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadTemplate } from '../local/template/load-template.ts'
import { buildBundles } from '../scripts/build-bundles.ts'
import { makeTable, type Table } from './measure.ts'

const ROOT = join(import.meta.dirname, '..')

/** Files and bytes of functions and layer that each function loads at its cold start. They are exact, not measured. */
export async function benchLoaded(): Promise<Table[]> {
  const template = loadTemplate(join(ROOT, 'template.yaml'))
  // Outside of this package, whose files count as ES modules.
  const outputDirectory = await mkdtemp(join(tmpdir(), 'bench-'))
  const artifacts = await buildBundles(template, { outputDirectory })
  const files: Record<string, number[]> = {}
  const kilobytes: Record<string, number[]> = {}
  for (const { logicalId, layers } of template.functions) {
    const directory = artifacts.get(logicalId)?.directory ?? ''
    const [layer = ''] = layers.map((id) => artifacts.get(id)?.directory ?? '')
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, 'count-loaded.cjs'), directory],
      {
        env: {
          PATH: process.env.PATH,
          NODE_PATH: join(layer, 'nodejs', 'node_modules'),
          AWS_REGION: 'us-east-1',
          JOBS_BUCKET: 'jobs',
          KEYS_BUCKET: 'keys',
          BEDROCK_ARN_PREFIX: 'arn:aws:bedrock:us-east-1:123456789012',
          POWERTOOLS_METRICS_NAMESPACE: 'bench',
        },
      },
    )
    const loaded: { files: number; bytes: number } = JSON.parse(stdout)
    files[logicalId] = [loaded.files]
    kilobytes[logicalId] = [loaded.bytes / 1024]
  }
  await rm(outputDirectory, { recursive: true })
  return [
    makeTable('Files loaded at a cold start', 'files', files),
    makeTable('Loaded at a cold start', 'KB', kilobytes),
  ]
}
