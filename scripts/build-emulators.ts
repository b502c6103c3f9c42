import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { writeDeclarations } from './write-declarations.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Bundles each emulator into its own `dist`: one file for `require`, one for the command, without dependencies, with declarations. */
for (const folder of ['local/bedrock', 'local/s3']) {
  const directory = join(ROOT, folder)
  await build({
    entryPoints: [join(directory, 'index.ts'), join(directory, 'main.ts')],
    outdir: join(directory, 'dist'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    conditions: ['@bedrock-functions/source'],
    mainFields: ['module', 'main'],
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  })
  await writeDeclarations(folder)
}
