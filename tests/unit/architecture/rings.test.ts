import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type BuildOptions, build, type Metafile } from 'esbuild'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const LAYER = join(ROOT, 'layers', 'runtime')
const SOURCE = join(LAYER, 'src')

/** Rings from the lowest to the highest. A ring imports only from itself and from lower rings. */
const RINGS = ['core', 'json', 'event-stream', 'models', 'bedrock', 'pipeline', 'doors', 'http', 'jobs', 'batches']

/** Static, dynamic and type imports by file, as paths below src/. */
const imports = new Map(
  readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readImports(file)]),
)

function readImports(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), 'utf8')
  const specifiers = text.matchAll(/(?:\bfrom |\bimport\(|\bimport )'(\.[^']+)'/g)
  return [...specifiers].map(([, specifier = '']) => relative(SOURCE, join(SOURCE, dirname(file), specifier)))
}

const ringOf = (file: string): number => RINGS.indexOf(file.split('/')[0] ?? '')

test('every file is in a ring', () => {
  expect([...imports.keys()].filter((file) => ringOf(file) === -1)).toEqual([])
})

test('no file imports from a higher ring', () => {
  const upward = [...imports].flatMap(([file, targets]) =>
    targets.filter((target) => ringOf(target) > ringOf(file)).map((target) => `${file} -> ${target}`),
  )
  expect(upward).toEqual([])
})

test('no files import each other in a circle', () => {
  const done = new Set<string>()
  const circles: string[] = []
  function visit(file: string, path: readonly string[]): void {
    const start = path.indexOf(file)
    if (start !== -1) circles.push([...path.slice(start), file].join(' -> '))
    if (start !== -1 || done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  expect(circles).toEqual([])
})

describe('at a cold start', () => {
  const PACKAGE = '@bedrock-functions/runtime'
  let manifest: { exports: Record<string, Record<string, string>>; preloads: Record<string, string[]> }
  let layer: Metafile
  let functions: Metafile

  beforeAll(async () => {
    manifest = JSON.parse(readFileSync(join(LAYER, 'package.json'), 'utf8'))
    const options = {
      outdir: 'unused',
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      metafile: true,
      write: false,
      absWorkingDir: ROOT,
      logLevel: 'silent',
    } satisfies BuildOptions
    const subpaths = Object.entries(manifest.exports).filter(([subpath]) => !subpath.includes('*'))
    const entryPoints = Object.fromEntries(
      subpaths.map(([subpath, conditions]) => [subpath, join(LAYER, conditions['@bedrock-functions/source'] ?? '')]),
    )
    const handlers = readdirSync(join(ROOT, 'functions')).map((name) => join(ROOT, 'functions', name, 'handler.ts'))
    ;[layer, functions] = (
      await Promise.all([
        build({ ...options, entryPoints, splitting: true }),
        build({ ...options, entryPoints: handlers, external: [`${PACKAGE}/*`] }),
      ])
    ).map(({ metafile }) => metafile) as [Metafile, Metafile]
  })

  /** Lists the subpaths of the layer that a function imports, without the one that preloads them. */
  function importedBy(name: string): string[] {
    const bundle = Object.values(functions.outputs).find(
      ({ entryPoint }) => entryPoint === `functions/${name}/handler.ts`,
    )
    const paths = new Set((bundle?.imports ?? []).map(({ path }) => path))
    paths.delete(`${PACKAGE}/preload/${name}`)
    return [...paths]
      .filter((path) => path.startsWith(`${PACKAGE}/`))
      .map((path) => `.${path.slice(PACKAGE.length)}`)
      .sort()
  }

  /** Lists the layer's files that a function loads before its first event, without those behind an import(). */
  function loadedBy(name: string): string[] {
    const loaded = new Set<string>()
    function load(output: string): void {
      if (loaded.has(output)) return
      loaded.add(output)
      for (const { path, kind } of layer.outputs[output]?.imports ?? []) {
        if (kind === 'import-statement' && path in layer.outputs) load(path)
      }
    }
    for (const subpath of importedBy(name)) load(join('unused', `${subpath}.js`))
    return [...loaded].flatMap((output) => {
      if (!(output in layer.outputs)) throw new Error(`${output} is no part of the layer`)
      return Object.keys(layer.outputs[output]?.inputs ?? {})
    })
  }

  test.each([
    ['authorize', []],
    ['invoke', ['client-bedrock-runtime']],
    ['stream', ['client-bedrock-runtime']],
    ['poll-job', ['client-bedrock-runtime', 'client-s3']],
    ['start-job', ['client-bedrock-runtime', 'client-s3']],
    ['run-job', ['client-bedrock-runtime', 'client-eventbridge', 'client-s3']],
    ['batches', ['client-s3']],
    ['prepare-batch', ['client-eventbridge', 'client-s3', 'client-service-quotas']],
    ['answer-records', ['client-bedrock-runtime', 'client-s3']],
    ['follow-batch', ['client-bedrock', 'client-eventbridge', 'client-s3']],
    ['sweep-jobs', ['client-bedrock-runtime', 'client-eventbridge', 'client-s3']],
  ])('%s loads the clients %j and no others', (name, clients) => {
    const found = loadedBy(name).flatMap((file) => /@aws-sdk\/(client-[a-z0-9-]+)\//.exec(file)?.[1] ?? [])
    expect([...new Set(found)].sort()).toEqual(clients)
  })

  test.each(['invoke', 'stream', 'start-job', 'run-job'])(
    '%s loads neither the X-Ray SDK nor the whole catalogue nor the content checks',
    (name) => {
      const lazy = /aws-xray-sdk|models\/models\.json|content\/check-content\.ts|activity-document\.ts/
      expect(loadedBy(name).filter((file) => lazy.test(file))).toEqual([])
    },
  )

  test('"preloads" of layers/runtime/package.json lists what each function imports from the layer', () => {
    const names = readdirSync(join(ROOT, 'functions')).filter((name) => importedBy(name).length > 0)
    expect(manifest.preloads).toEqual(Object.fromEntries(names.map((name) => [name, importedBy(name)])))
  })

  test('every function that uses the layer first imports what it preloads', () => {
    const first = Object.keys(manifest.preloads).map((name) => {
      const [line = ''] = readFileSync(join(ROOT, 'functions', name, 'handler.ts'), 'utf8').split('\n')
      return [name, line]
    })
    const expected = Object.keys(manifest.preloads).map((name) => [name, `import '${PACKAGE}/preload/${name}'`])
    expect(first).toEqual(expected)
  })
})
