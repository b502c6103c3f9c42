import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
