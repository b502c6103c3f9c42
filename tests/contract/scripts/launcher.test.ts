import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const LAUNCHER = join(import.meta.dirname, '../../../scripts/node24.cjs')
const PLATFORM = `${process.platform}-${process.arch}`
const manifest = {
  dependencies: { runtime: '*' },
  devDependencies: { jest: '1', esbuild: '1', typescript: '1', yaml: '1' },
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'launcher-'))
  await cp(LAUNCHER, join(directory, 'scripts/node24.cjs'))
  await writeFile(join(directory, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(directory, 'script.js'), 'console.log("it runs", ...process.argv.slice(2))')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function install(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(directory, 'node_modules', name), { recursive: true })
    await writeFile(join(directory, 'node_modules', name, 'package.json'), '{}')
  }
}

function launch(environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/node24.cjs', 'script.js', 'a word'], {
    cwd: directory,
    env: { ...process.env, NODE_ENV: '', ...environment },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('a clone without packages is told to run npm install', () => {
  expect(launch()).toEqual({ status: 1, stdout: '', stderr: 'The packages are not installed. Run: npm install\n' })
})

test('an installation without the development packages names some of them and the option that installs them', async () => {
  await install('runtime')

  const packages = 'Packages are missing: jest, esbuild, typescript and 1 more.'
  expect(launch().stderr).toBe(`${packages} Run: npm install --include=dev\n`)
  expect(launch({ NODE_ENV: 'production' })).toEqual({
    status: 1,
    stdout: '',
    stderr: `${packages} NODE_ENV=production makes npm leave them out. Run: npm install --include=dev\n`,
  })
})

test('an installation without the optional packages names the option that installs them', async () => {
  await install('runtime', 'jest', 'esbuild', 'typescript', 'yaml')

  expect(launch()).toEqual({
    status: 1,
    stdout: '',
    stderr: `The optional packages for ${PLATFORM} are missing. Run: npm install --include=optional\n`,
  })
})

test('a complete installation runs the script with its arguments', async () => {
  await install('runtime', 'jest', 'esbuild', 'typescript', 'yaml', `@esbuild/${PLATFORM}`)

  expect(launch()).toEqual({ status: 0, stdout: 'it runs a word\n', stderr: '' })
})
