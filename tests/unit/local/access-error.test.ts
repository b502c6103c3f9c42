import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeAccessError } from '../../../local/access-error.ts'
import { lockState } from '../../../local/lock-state.ts'

const NOBODY = 65_534
const REMEDY =
  'npm start writes to dist/ and .local/ of the checkout: give them to your user, move the state with --state DIRECTORY, or work in a copy of the checkout.'

/** Runs as another user if the current one is root, since permissions do not apply to root. */
async function asUser(run: () => Promise<unknown>): Promise<void> {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(NOBODY)
  try {
    await run()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'access-'))
})
afterEach(() => rm(directory, { recursive: true }))

test('a state directory of another user is an error with remedies in one line', async () => {
  await chmod(directory, 0o555)
  await asUser(async () => {
    const error = await lockState(directory).catch((reason: unknown) => reason)
    expect(describeAccessError(error)).toBe(`${directory}/lock.sock cannot be written (EACCES). ${REMEDY}`)
  })
})

test('a checkout in which no state directory can be created is an error with remedies in one line', async () => {
  await chmod(directory, 0o555)
  await asUser(async () => {
    const error = await lockState(join(directory, '.local')).catch((reason: unknown) => reason)
    expect(describeAccessError(error)).toBe(`${directory}/.local cannot be written (EACCES). ${REMEDY}`)
  })
})

test('a state directory that is a file is an error that names the option', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  for (const state of [file, join(file, 'state')]) {
    const error = await lockState(state).catch((reason: unknown) => reason)
    expect(describeAccessError(error)).toMatch(
      /^\S+ is not a directory \(\w+\)\. Name another one with --state DIRECTORY\.$/,
    )
  }
})

test('a read-only file system is the same error', () => {
  const error = Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', path: '/checkout/dist' })
  expect(describeAccessError(error)).toBe(`/checkout/dist cannot be written (EROFS). ${REMEDY}`)
})

test.each([
  new Error('EACCES'),
  Object.assign(new Error('no such file'), { code: 'ENOENT', path: '/checkout' }),
  Object.assign(new Error('listen EACCES'), { code: 'EACCES', address: '127.0.0.1', port: 80 }),
])('%s is another error', (error) => {
  expect(describeAccessError(error)).toBeUndefined()
})
