import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { addCodeCache } from '../../../scripts/add-code-cache.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cache-'))
  for (const name of ['one.cjs', 'two.cjs']) {
    await writeFile(join(directory, name), `exports.name = () => require('node:path').basename(__filename)`)
  }
  await addCodeCache(directory, ['one.cjs', 'two.cjs'])
})

afterEach(() => rm(directory, { recursive: true }))

/** Loads both packs, and reports the names they have and whether V8 took their caches. */
async function load(...options: string[]): Promise<string> {
  const script = `
    const vm = require('node:vm')
    const rejected = []
    vm.Script = class extends vm.Script {
      constructor(code, options) {
        super(code, options)
        rejected.push(this.cachedDataRejected)
      }
    }
    const names = ['one', 'two'].map((name) => require('./' + name + '.cjs').name())
    console.log(JSON.stringify({ names, rejected }))
  `
  await writeFile(join(directory, 'main.cjs'), script)
  const { stdout } = await promisify(execFile)(process.execPath, [...options, join(directory, 'main.cjs')])
  return JSON.parse(stdout)
}

async function cachePaths(): Promise<string[]> {
  const names = await readdir(directory)
  return names.filter((name) => name.endsWith('.cache')).map((name) => join(directory, name))
}

const names = ['packed-one.cjs', 'packed-two.cjs']

test("V8 takes the caches, also with the limits of memory of a function's process", async () => {
  expect(await load()).toEqual({ names, rejected: [false, false] })
  const limits = ['--max-semi-space-size=12', '--max-old-space-size=230']
  expect(await load(...limits)).toEqual({ names, rejected: [false, false] })
})

test('a pack is loaded without its cache if V8 refuses it', async () => {
  for (const path of await cachePaths()) await writeFile(path, 'no cache')
  expect(await load()).toEqual({ names, rejected: [true, true] })
})

test('a cache of another Node is not read', async () => {
  for (const path of await cachePaths()) await rename(path, path.replace(process.version, 'v0.0.0'))
  expect(await load()).toEqual({ names, rejected: [] })
})

test('source maps and debuggers get the files that Node loads itself', async () => {
  expect(await load('--enable-source-maps')).toEqual({ names, rejected: [] })
  expect(await load('--inspect=127.0.0.1:0')).toEqual({ names, rejected: [] })
})
