import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loadTemplate } from '../local/template/load-template.ts'
import { buildBundles } from '../scripts/build-bundles.ts'
import { makeTable, type Table } from './measure.ts'

const ROOT = join(import.meta.dirname, '..')

export interface Loaded {
  readonly files: number
  readonly bytes: number
  /** True if it loads `node:http2`, which only speech needs. */
  readonly http2: boolean
}

/** Counts the files and bytes of functions and layer that each function compiles at its cold start, by logical id. */
export async function countLoaded(): Promise<Record<string, Loaded>> {
  const template = loadTemplate(join(ROOT, 'template.yaml'))
  const artifacts = await buildBundles(template, { outputDirectory: join(ROOT, 'dist') })
  // Outside of this package, whose files count as ES modules.
  const copies = await mkdtemp(join(tmpdir(), 'bench-'))
  const copyOf = (logicalId: string) => join(copies, logicalId)
  try {
    await Promise.all([...artifacts].map(([id, { directory }]) => cp(directory, copyOf(id), { recursive: true })))
    const counted: [string, Loaded][] = []
    for (const { logicalId, layers } of template.functions) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [join(import.meta.dirname, 'count-loaded.cjs'), copyOf(logicalId)],
        {
          env: {
            PATH: process.env.PATH,
            NODE_PATH: join(copyOf(layers[0] ?? ''), 'nodejs', 'node_modules'),
            AWS_REGION: 'us-east-1',
            JOBS_BUCKET: 'jobs',
            KEYS_BUCKET: 'keys',
            BEDROCK_ARN_PREFIX: 'arn:aws:bedrock:us-east-1:123456789012',
            POWERTOOLS_METRICS_NAMESPACE: 'bench',
          },
        },
      )
      counted.push([logicalId, JSON.parse(stdout)])
    }
    return Object.fromEntries(counted)
  } finally {
    await rm(copies, { recursive: true })
  }
}

/** Files and bytes that each function loads at its cold start. They are exact, not measured. */
export async function benchLoaded(): Promise<Table[]> {
  const counted = Object.entries(await countLoaded())
  const files = Object.fromEntries(counted.map(([name, { files }]) => [name, [files]]))
  const kilobytes = Object.fromEntries(counted.map(([name, { bytes }]) => [name, [bytes / 1024]]))
  return [
    makeTable('Files loaded at a cold start', 'files', files),
    makeTable('Loaded at a cold start', 'KB', kilobytes),
  ]
}
