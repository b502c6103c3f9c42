import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { build, transform } from 'esbuild'

/** Where a package says that its TypeScript is; every other user of the package gets the built file. */
export const SOURCE_CONDITION = '@bedrock-functions/source'

interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export interface BuiltFiles {
  /** Absolute paths of the sources and packages that went in. */
  readonly inputs: string[]
}

/**
 * Builds a layer's package into `<directory>/nodejs/node_modules/<name>`, where Lambda looks for packages.
 *
 * One bundle per subpath export with what they share in chunks, so that a function loads no more than it uses. esbuild
 * splits ES modules only, and CommonJS loads faster and finds the layer through NODE_PATH: so each file is converted after.
 */
export async function buildLayer(packageDirectory: string, directory: string): Promise<BuiltFiles> {
  const manifestPath = join(packageDirectory, 'package.json')
  const manifest: PackageManifest = JSON.parse(await readFile(manifestPath, 'utf8'))
  const target = join(directory, 'nodejs', 'node_modules', manifest.name)
  const entryPoints: Record<string, string> = {}
  for (const conditions of Object.values(manifest.exports)) {
    const { [SOURCE_CONDITION]: source, default: built } = conditions
    if (source && built) entryPoints[basename(built, '.cjs')] = join(packageDirectory, source)
  }
  const split = await build({
    entryPoints,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // A third off the AWS SDK, whose CommonJS builds cannot be tree-shaken.
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'inline',
    sourcesContent: false,
    // Not where the files go: names of chunks are hashes of their content, in which paths from here to the sources are.
    outdir: join(packageDirectory, 'dist'),
    outExtension: { '.js': '.cjs' },
    chunkNames: 'shared-[hash]',
    metafile: true,
    write: false,
    absWorkingDir: packageDirectory,
    logLevel: 'silent',
  })
  await rm(directory, { recursive: true, force: true })
  await mkdir(join(target, 'dist'), { recursive: true })
  for (const file of split.outputFiles) {
    const name = basename(file.path)
    const converted = await transform(file.text, {
      format: 'cjs',
      platform: 'node',
      target: 'node24',
      // An import() in CommonJS goes through the ES module loader, which is slow and does not know NODE_PATH.
      supported: { 'dynamic-import': false },
      minify: true,
      sourcemap: 'external',
      sourcesContent: false,
      sourcefile: name,
      logLevel: 'silent',
    })
    const path = join(target, 'dist', name)
    await writeFile(path, `${converted.code}//# sourceMappingURL=${name}.map\n`)
    await writeFile(`${path}.map`, converted.map)
  }
  const published = { name: manifest.name, version: manifest.version, exports: withoutSources(manifest.exports) }
  await writeFile(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  return {
    inputs: [manifestPath, ...Object.keys(split.metafile.inputs).map((input) => resolve(packageDirectory, input))],
  }
}

function withoutSources(exports: PackageManifest['exports']): Record<string, string> {
  return Object.fromEntries(Object.entries(exports).map(([subpath, conditions]) => [subpath, conditions.default ?? '']))
}

// The layer's makefile calls this file with the directory that sam build wants filled.
if (import.meta.main) {
  const [directory] = process.argv.slice(2)
  if (!directory) throw new Error('usage: build-layer.ts DIRECTORY')
  const packageDirectory = join(import.meta.dirname, '..', 'layers', 'runtime')
  await buildLayer(packageDirectory, resolve(directory))
  console.log(`Built ${relative(process.cwd(), packageDirectory)}`)
}
