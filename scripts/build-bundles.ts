import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type BuildOptions, build, version as esbuildVersion, stop } from 'esbuild'
import type { BuildModel, FunctionModel, LayerModel, LoadedTemplate } from '../local/template/model.ts'
import { toBuildError } from './build-error.ts'
import { buildLayer } from './build-layer.ts'
import { withLock } from './with-lock.ts'

export interface Artifact {
  /** Absolute; what CodeUri or ContentUri becomes in a deploy. */
  readonly directory: string
  /** Absolute paths of the files it was made from; a change to one of them makes it stale. */
  readonly inputs: readonly string[]
}

/** What is kept of a build to tell whether it is stale. */
interface BuildRecord {
  /** Hash of everything that decides on the outcome beside the inputs. */
  readonly key: string
  /** Path to what `stampOf` gave. */
  readonly inputs: Readonly<Record<string, string>>
  /** Paths below the artifact's directory. */
  readonly outputs: readonly string[]
}

export interface BuildBundlesOptions {
  /** One folder per function and layer, by logical id, below it. */
  readonly outputDirectory: string
}

/**
 * Builds the template's functions and layers as `sam build` would, by the template's own build metadata; what has not
 * changed since the last time is left as it is. Code without a BuildMethod is used as it lies.
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
  // Its process would stay beside ours; the next build starts it again.
  await stop()
  return artifacts
}

/** Fills a directory and says what it was made from. */
type Make = (directory: string) => Promise<{ inputs: readonly string[] }>

function makeLayer({ logicalId, contentUri, build }: LayerModel): Make | undefined {
  if (!build) return undefined
  if (build.method !== 'makefile') throw new Error(`${logicalId}: BuildMethod ${build.method} is not supported here`)
  // The makefile's target runs the same function; a machine without make runs it from here.
  return (directory) => buildLayer(contentUri, directory)
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

/** SAM's names of esbuild's options, as far as this project uses them. */
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
    // Made aside and moved at once: who copies from the directory meanwhile gets the old or the new, never half of one.
    const fresh = join(state, `${logicalId}.${process.pid}`)
    await rm(recordPath, { force: true })
    const begun = Date.now()
    const { inputs } = await make(fresh)
    const outputs = await readdir(fresh, { recursive: true })
    await rm(directory, { recursive: true, force: true })
    await rename(fresh, directory)
    const stamps = await Promise.all(inputs.map(async (input) => [input, await stampOf(input, begun)] as const))
    const built: BuildRecord = { key, inputs: Object.fromEntries(stamps), outputs }
    await writeFile(recordPath, JSON.stringify(built))
    return { directory, inputs }
  })
}

/** A change to how we build makes every bundle stale. */
const builderVersion = Promise.all(
  ['build-bundles.ts', 'build-layer.ts'].map((name) => readFile(join(import.meta.dirname, name), 'utf8')),
).then((sources) => sources.join(''))

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
 * What changes with a file. One that changed since `readSince`, when a build began to read, was perhaps not read as it is
 * now: its stamp is one that it never has again. ctime tells of a file that another one was moved over.
 */
async function stampOf(path: string, readSince = Number.POSITIVE_INFINITY): Promise<string> {
  try {
    const { mtimeMs, ctimeMs, size } = await stat(path)
    return ctimeMs >= readSince ? 'changed while it was read' : `${mtimeMs}:${ctimeMs}:${size}`
  } catch {
    return 'missing'
  }
}
