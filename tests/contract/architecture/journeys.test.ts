import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createBedrockEmulator } from '@bedrock-functions/bedrock-emulator'

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** Limit of files that a call of each kind executes. */
const MAX_FILES = { Converse: 29, ConverseStream: 31, 'job start': 22, 'job run': 33 } as const

let recorded: { journeys: Record<string, string[]>; outcome: unknown }

beforeAll(async () => {
  const emulator = createBedrockEmulator()
  const port = await emulator.listen(0)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@bedrock-functions/source', join(import.meta.dirname, 'record-journeys.ts')],
    { cwd: ROOT, env: { PATH: process.env.PATH, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: `http://127.0.0.1:${port}` } },
  )
  await emulator.close()
  recorded = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
})

/** Files that docs/architecture.md lists, one ring per line. */
function listed(journey: string): string[] {
  const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8')
  const [, block = ''] = new RegExp(`\`\`\`files ${journey}\\n(.*?)\\n\`\`\``, 's').exec(page) ?? []
  return block.split('\n').flatMap((line) => {
    const [ring = '', files = ''] = line.split(': ')
    return files.split(' ').map((file) => `${ring}/${file}`)
  })
}

test('the recorded job is run to its end', () => {
  expect(recorded.outcome).toEqual({ outcome: 'Completed' })
})

test.each(Object.entries(MAX_FILES))('docs/architecture.md lists the files of %s, at most %i', (journey, most) => {
  const files = recorded.journeys[journey] ?? []
  expect(listed(journey).sort()).toEqual([...files].sort())
  expect(files.length).toBeLessThanOrEqual(most)
})
