import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { loudAudio } from './speech-session.ts'
import { useEmulator } from './support.ts'

const ROOT = join(import.meta.dirname, '..', '..', '..')

const emulator = useEmulator()
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'speech-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** WAV file with 16,000 samples a second. */
function toWav(pcm: Buffer): Buffer {
  const header = Buffer.from(
    'RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0',
    'latin1',
  )
  header.writeUInt32LE(36 + pcm.length, 4)
  header.writeUInt32LE(pcm.length, 40)
  return Buffer.concat([header, pcm])
}

test('the program of docs/speech.md holds a session and writes the answer', async () => {
  const page = await readFile(join(ROOT, 'docs', 'speech.md'), 'utf8')
  const [, program = ''] = /^```ts\n([\s\S]*?)^```/m.exec(page) ?? []
  // A module in any directory, with the packages of the repository.
  await writeFile(join(directory, 'package.json'), '{"type": "module"}')
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'))
  await writeFile(join(directory, 'talk.ts'), program)
  await writeFile(join(directory, 'question.wav'), toWav(loudAudio(320)))

  const { stdout } = await promisify(execFile)(process.execPath, ['talk.ts'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: emulator.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
  })

  expect(stdout).toMatch(/^speech of 0\.3 seconds\n/)
  const answer = await readFile(join(directory, 'answer.wav'))
  expect(answer.toString('latin1', 0, 4)).toBe('RIFF')
  expect(answer.readUInt32LE(4)).toBe(answer.length - 8)
  expect(answer.readUInt32LE(24)).toBe(16_000)
  expect(answer.readUInt32LE(40)).toBe(answer.length - 44)
  expect(answer.length).toBeGreaterThan(16_000)
}, 30_000)
