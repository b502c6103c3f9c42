import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { transform } from 'esbuild'
import { type ModuleFile, packModules } from '../../../scripts/pack-modules.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pack-'))
})

afterEach(() => rm(directory, { recursive: true }))

async function toModule(name: string, text: string): Promise<ModuleFile> {
  const { code, map } = await transform(text, {
    format: 'cjs',
    sourcemap: 'external',
    sourcefile: `${name}.ts`,
    minify: true,
  })
  return { name, code, map }
}

async function pack(files: readonly ModuleFile[]): Promise<void> {
  const { name, code, map } = packModules('pack.cjs', files)
  await writeFile(join(directory, name), `${code}//# sourceMappingURL=${name}.map\n`)
  await writeFile(join(directory, `${name}.map`), map)
}

async function run(script: string, ...options: string[]): Promise<string> {
  await writeFile(join(directory, 'main.cjs'), script)
  const { stdout } = await promisify(execFile)(process.execPath, [...options, join(directory, 'main.cjs')])
  return stdout.trim()
}

test('packed files are run once, and files outside of the pack find them', async () => {
  await pack([
    await toModule('a.cjs', 'export const a = Symbol()\nconsole.log("a runs")'),
    await toModule('b.cjs', 'import { a } from "./a.cjs"\nexport const b = [a, __filename]'),
  ])
  // The files are on the disk, too. They are not loaded.
  await writeFile(join(directory, 'a.cjs'), 'throw new Error("loaded from the disk")')
  await writeFile(join(directory, 'b.cjs'), 'throw new Error("loaded from the disk")')
  await writeFile(join(directory, 'lazy.cjs'), 'exports.lazy = require("./a.cjs").a')
  const output = await run(`
    require('./pack.cjs')
    const { a } = require('./a.cjs')
    const [same, path] = require('./b.cjs').b
    console.log(same === a, require('./lazy.cjs').lazy === a, path)
  `)
  expect(output).toBe(`a runs\ntrue true ${join(directory, 'b.cjs')}`)
})

test('a stack trace of a packed file names the line of its source', async () => {
  await pack([
    await toModule('a.cjs', 'export const a = 1'),
    await toModule('b.cjs', '\n\nexport function fail() {\n\n  throw new Error("five")\n}'),
  ])
  await writeFile(join(directory, 'b.cjs'), '')
  const output = await run(
    `require('./pack.cjs'); try { require('./b.cjs').fail() } catch ({ stack }) { console.log(stack) }`,
    '--enable-source-maps',
  )
  expect(output).toContain('b.cjs.ts:5:')
})
