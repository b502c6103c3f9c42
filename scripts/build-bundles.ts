import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BuildOptions, build, version as esbuildVersion, stop } from 'esbuild'
import type { BuildModel, FunctionModel, LayerModel, LoadedTemplate } from '../local/template/model.ts'
import { toBuildError } from './build-error.ts'
import { buildLayer } from './build-layer.ts'
import { withLock } from './with-lock.ts'

export interface Artifact {
  /** Absolute path. In a deploy it replaces CodeUri or ContentUri. */
  readonly directory: string
  /** Absolute paths of the source files; a change to one of them makes the artifact stale. */
  readonly inputs: readonly string[]
}

/** Record of a build, by which a later build finds out whether it is stale. */
interface BuildRecord {
  /** Hash of everything else that decides the outcome. */
  readonly key: string
  /** Stamps of the source files by path. */
  readonly inputs: Readonly<Record<string, string>>
  /** Paths below the artifact's directory. */
  readonly outputs: readonly string[]
}

export interface BuildBundlesOptions {
  /** Holds a folder for each function and layer, named by its logical id. */
  readonly outputDirectory: string
}

/**
 * Builds the template's functions and layers as `sam build` does, by the template's build metadata. Artifacts that are not
 * stale stay. Code without a BuildMethod is used from its own folder.
 *
 * @throws BuildError for sources that do not build
 */
export async function buildBundles(
  template: LoadedTemplate,
  { outputDirectory }: BuildBundlesOptions,
): Promise<Map<string, Artifact>> {
  const artifacts = new Map<string, Artifact>()
  const build = async (resource: FunctionModel | LayerModel, source: string, make: Make | undefined) => {
    const { logicalId } = resource
    const artifact = make
      ? await buildUnlessFresh(logicalId, JSON.stringify(resource.build), make, outputDirectory).catch((error) => {
          throw toBuildError(error, logicalId, source)
        })
      : { directory: source, inputs: [source] }
    artifacts.set(logicalId, artifact)
  }
  await Promise.all([
    ...template.layers.map((layer) => build(layer, layer.contentUri, makeLayer(layer))),
    ...template.functions.map((fn) => build(fn, fn.codeUri, makeFunction(fn))),
  ])
  // Ends esbuild's process; the next build starts it again.
  await stop()
  return artifacts
}

/** Fills a directory; resolves to the source files. */
type Make = (directory: string) => Promise<{ inputs: readonly string[] }>

function makeLayer({ logicalId, contentUri, build }: LayerModel): Make | undefined {
  if (!build) return undefined
  if (build.method !== 'makefile') throw new Error(`${logicalId}: BuildMethod ${build.method} is not supported here`)
  // The makefile's target runs the same function. Here it also runs on a machine without make.
  return (directory) => buildLayer(contentUri, directory, { codeCache: true })
}

function makeFunction({ logicalId, codeUri, build: metadata }: FunctionModel): Make | undefined {
  if (!metadata) return undefined
  if (metadata.method !== 'esbuild')
    throw new Error(`${logicalId}: BuildMethod ${metadata.method} is not supported here`)
  const options = readBuildProperties(logicalId, metadata.properties)
  return async (directory) => {
    const { metafile } = await build({
      ...options,
      bundle: true,
      platform: 'node',
      outdir: directory,
      absWorkingDir: codeUri,
      metafile: true,
      logLevel: 'silent',
    })
    return { inputs: Object.keys(metafile.inputs).map((input) => resolve(codeUri, input)) }
  }
}

/** esbuild's options by SAM's names, as far as this project uses them. */
const BUILD_PROPERTIES: Readonly<Record<string, keyof BuildOptions>> = {
  EntryPoints: 'entryPoints',
  External: 'external',
  Format: 'format',
  MainFields: 'mainFields',
  Minify: 'minify',
  Sourcemap: 'sourcemap',
  SourcesContent: 'sourcesContent',
  Target: 'target',
}

function readBuildProperties(logicalId: string, properties: BuildModel['properties']): BuildOptions {
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(properties)) {
    const option = BUILD_PROPERTIES[name]
    if (!option) throw new Error(`${logicalId}: build property ${name} is not supported here`)
    options[option] = option === 'mainFields' ? String(value).split(',') : value
  }
  return options
}

async function buildUnlessFresh(
  logicalId: string,
  properties: string | undefined,
  make: Make,
  outputDirectory: string,
): Promise<Artifact> {
  const directory = join(outputDirectory, logicalId)
  const state = join(outputDirectory, '.state')
  const recordPath = join(state, `${logicalId}.json`)
  const key = createHash('sha256')
    .update(`${esbuildVersion} ${await builderVersion} ${properties}`)
    .digest('hex')
  await mkdir(state, { recursive: true })
  return withLock(join(state, `${logicalId}.lock`), async () => {
    const record = await readRecord(recordPath)
    if (record?.key === key && (await isFresh(directory, record))) {
      return { directory, inputs: Object.keys(record.inputs) }
    }
    // A new directory replaces the old one at once, so a reader gets the old or the new files and never half of them.
    const fresh = join(state, `${logicalId}.${process.pid}`)
    await rm(recordPath, { force: true })
    const startedAt = Date.now()
    const { inputs } = await make(fresh)
    const outputs = await readdir(fresh, { recursive: true })
    await rm(directory, { recursive: true, force: true })
    await rename(fresh, directory)
    const stamps = await Promise.all(inputs.map(async (input) => [input, await stampOf(input, startedAt)] as const))
    const built: BuildRecord = { key, inputs: Object.fromEntries(stamps), outputs }
    await writeFile(recordPath, JSON.stringify(built))
    return { directory, inputs }
  })
}

/** Node, and text of the build scripts: a change to them makes every bundle stale. */
const BUILDERS = [
  'add-code-cache.ts',
  'build-bundles.ts',
  'build-layer.ts',
  'lazy-http2.ts',
  'make-code-cache.cjs',
  'pack-modules.ts',
]
const builderVersion = Promise.all(BUILDERS.map((name) => readFile(join(import.meta.dirname, name), 'utf8'))).then(
  (sources) => sources.join('') + process.version,
)

async function readRecord(path: string): Promise<BuildRecord | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

async function isFresh(directory: string, { inputs, outputs }: BuildRecord): Promise<boolean> {
  const unchanged = Object.entries(inputs).map(async ([path, stamp]) => (await stampOf(path)) === stamp)
  const present = outputs.map(async (path) => (await stampOf(join(directory, path))) !== 'missing')
  return (await Promise.all([...unchanged, ...present])).every(Boolean)
}

/**
 * Text that changes when the file changes. ctime also shows that another file was moved over it. A file that changed after
 * `readSince`, when a build began to read, gets a stamp that never matches: the build may have read the older text.
 */
async function stampOf(path: string, readSince = Number.POSITIVE_INFINITY): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size } = await stat(path)
    return ctimeMs >= readSince ? 'changed while it was read' : `${mtimeMs}:${ctimeMs}:${size}`
  } catch {
    return 'missing'
  }
}
