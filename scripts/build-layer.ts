import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Metafile, transform } from 'esbuild'
import type { ConsolePage } from '../layers/runtime/src/http/load-console.ts'
import { buildPage } from '../local/page/build-page.ts'
import { addCodeCache } from './add-code-cache.ts'
import { lazyHttp2 } from './lazy-http2.ts'
import { type ModuleFile, packModules } from './pack-modules.ts'

/** Export condition of the package's TypeScript sources. Without it a user of the package gets the built file. */
export const SOURCE_CONDITION = '@bedrock-functions/source'

interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Subpaths that each function loads at its cold start. One file has all of them: `preload/<function>`. */
  readonly preloads: Readonly<Record<string, readonly string[]>>
}

export interface BuiltFiles {
  /** Absolute paths of the bundled sources and packages. */
  readonly inputs: string[]
}

export interface BuildOptions {
  /** True if the Node that builds is the Node that runs the functions: then it compiles the code now, for every cold start. */
  readonly codeCache: boolean
}

/**
 * Builds a layer's package into `<directory>/nodejs/node_modules/<name>`, where Lambda looks for packages.
 *
 * Each subpath export is a bundle, and shared code is in chunks, so that a function loads no more than it uses. esbuild
 * splits ES modules only. CommonJS loads faster and finds the layer by NODE_PATH, so each file is converted afterwards.
 */
export async function buildLayer(
  packageDirectory: string,
  directory: string,
  { codeCache }: BuildOptions,
): Promise<BuiltFiles> {
  const manifestPath = join(packageDirectory, 'package.json')
  const manifest: PackageManifest = JSON.parse(await readFile(manifestPath, 'utf8'))
  const target = join(directory, 'nodejs', 'node_modules', manifest.name)
  const entryPoints: Record<string, string> = {}
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    const { [SOURCE_CONDITION]: source, default: built } = conditions
    if (source && built && !subpath.includes('*')) entryPoints[basename(built, '.cjs')] = join(packageDirectory, source)
  }
  const split = await build({
    entryPoints,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Makes the AWS SDK a third smaller: its CommonJS builds cannot be tree-shaken.
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: 'inline',
    sourcesContent: false,
    // Not the final directory: chunk names are hashes of content that has the paths from this directory to the sources.
    outdir: join(packageDirectory, 'dist'),
    outExtension: { '.js': '.cjs' },
    chunkNames: 'shared-[hash]',
    // CommonJS has this name for the directory of a module.
    define: { 'import.meta.dirname': '__dirname' },
    metafile: true,
    write: false,
    absWorkingDir: packageDirectory,
    plugins: [lazyHttp2],
    logLevel: 'silent',
  })
  await rm(directory, { recursive: true, force: true })
  await mkdir(join(target, 'dist'), { recursive: true })
  const files = await Promise.all(split.outputFiles.map(({ path, text }) => convertModule(basename(path), text)))
  const packs = Object.entries(manifest.preloads).map(([name, subpaths]) =>
    packModules(`preload-${name}.cjs`, listLoaded(subpaths, manifest.exports, split.metafile, files)),
  )
  await Promise.all(
    [...files, ...packs].map(async ({ name, code, map }) => {
      const path = join(target, 'dist', name)
      await writeFile(path, `${code}//# sourceMappingURL=${name}.map\n`)
      await writeFile(`${path}.map`, map)
    }),
  )
  if (codeCache) {
    await addCodeCache(
      join(target, 'dist'),
      packs.map(({ name }) => name),
    )
  }
  const { html, policy, inputs } = await buildPage()
  await writeFile(join(target, 'dist', 'console.json'), JSON.stringify(toConsole(html, policy)))
  const published = { name: manifest.name, version: manifest.version, exports: withoutSources(manifest.exports) }
  await writeFile(join(target, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  return {
    inputs: [
      manifestPath,
      ...inputs,
      ...Object.keys(split.metafile.inputs)
        .filter(isFile)
        .map((input) => resolve(packageDirectory, input)),
    ],
  }
}

/** The page as GET /console sends it. */
function toConsole(html: string, policy: string): ConsolePage {
  const etag = `"${createHash('sha256').update(html).digest('hex').slice(0, 32)}"`
  return { etag, policy, gzip: gzipSync(html, { level: 9 }).toString('base64') }
}

/** Tests whether an input is a file. Plugins have inputs of their own: `<namespace>:<path>`. */
function isFile(input: string): boolean {
  return !input.startsWith(`${lazyHttp2.name}:`)
}

async function convertModule(name: string, text: string): Promise<ModuleFile> {
  const { code, map } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // In CommonJS, import() uses the ES module loader, which is slow and ignores NODE_PATH.
    supported: { 'dynamic-import': false },
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    sourcefile: name,
    logLevel: 'silent',
  })
  return { name, code, map }
}

/** Lists the files that the subpaths load, each after its imports. Files behind an import() are left out. */
function listLoaded(
  subpaths: readonly string[],
  exports: PackageManifest['exports'],
  { outputs }: Metafile,
  files: readonly ModuleFile[],
): ModuleFile[] {
  const loaded: ModuleFile[] = []
  const visited = new Set<string>()
  function load(output: string): void {
    if (visited.has(output)) return
    visited.add(output)
    for (const { path, kind } of outputs[output]?.imports ?? []) {
      if (kind === 'import-statement' && path in outputs) load(path)
    }
    const file = files.find(({ name }) => name === basename(output))
    if (!file) throw new Error(`preloads name ${output}, which is no file of the layer`)
    loaded.push(file)
  }
  for (const subpath of subpaths) load(exports[subpath]?.default?.replace('./', '') ?? subpath)
  return loaded
}

function withoutSources(exports: PackageManifest['exports']): Record<string, string> {
  return Object.fromEntries(Object.entries(exports).map(([subpath, conditions]) => [subpath, conditions.default ?? '']))
}

// The layer's makefile runs this file with the directory that sam build gives it.
if (import.meta.main) {
  const [directory] = process.argv.slice(2)
  if (!directory) throw new Error('usage: build-layer.ts DIRECTORY')
  const packageDirectory = join(import.meta.dirname, '..', 'layers', 'runtime')
  await buildLayer(packageDirectory, resolve(directory), { codeCache: process.env.CODE_CACHE === 'true' })
  console.log(`Built ${relative(process.cwd(), packageDirectory)}`)
}
