import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createSandboxDirectory, removeAbandonedSandboxes } from '../../../../local/lambda/sandbox-directory.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandboxes-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('only the directories of killed processes are removed', async () => {
  const artifact = join(directory, 'artifact')
  mkdirSync(artifact)
  writeFileSync(join(artifact, 'index.mjs'), '')
  const sandbox = await createSandboxDirectory('Invoke', { taskDirectory: artifact, layerDirectories: [] })
  const name = basename(dirname(sandbox.taskDirectory))
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const abandoned = name.replace(String(process.pid), String(pid))
  expect(abandoned).not.toBe(name)
  for (const made of [name, abandoned, `lambda-${pid}-Invoke-abcdef`, 'local-stack-lambda-notes']) {
    mkdirSync(join(directory, made, 'task'), { recursive: true })
  }
  await removeAbandonedSandboxes(directory)
  expect(readdirSync(directory).sort()).toEqual(
    ['artifact', name, `lambda-${pid}-Invoke-abcdef`, 'local-stack-lambda-notes'].sort(),
  )
  await sandbox.remove()
})

test('files of a layer are in every sandbox, take no space, and stay when the sandbox is removed', async () => {
  const layer = join(directory, 'layer')
  const source = join(layer, 'nodejs', 'index.cjs')
  mkdirSync(join(layer, 'nodejs'), { recursive: true })
  writeFileSync(source, 'of the layer')
  const artifacts = { taskDirectory: layer, layerDirectories: [layer] }
  const sandboxes = [await createSandboxDirectory('One', artifacts), await createSandboxDirectory('Two', artifacts)]
  const paths = sandboxes.map(({ optDirectory }) => join(optDirectory, 'nodejs', 'index.cjs'))
  expect(paths.map((path) => readFileSync(path, 'utf8'))).toEqual(['of the layer', 'of the layer'])
  expect(new Set(paths.map((path) => statSync(path).ino)).size).toBe(1)
  for (const sandbox of sandboxes) await sandbox.remove()
  expect([...paths, source].map((path) => existsSync(path))).toEqual([false, false, true])
})
