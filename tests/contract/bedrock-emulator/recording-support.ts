import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BedrockEmulatorOptions } from '@bedrock-functions/bedrock-emulator'
import type { Recording } from '../../../local/bedrock/recordings/recording.ts'
import { type RunningEmulator, startEmulator } from './support.ts'

/** An emulator in the place of the real Bedrock, one that records from it, and the directory of the recordings. */
export interface RecordingSetup {
  readonly directory: string
  readonly bedrock: RunningEmulator
  readonly recorder: RunningEmulator
  /** Recordings in their order, by the names of their files. */
  read(): Promise<Map<string, Recording>>
  /** Starts an emulator that answers from the recordings, without their timing by default. */
  replay(isTimed?: boolean): Promise<RunningEmulator>
  close(): Promise<void>
}

const CREDENTIALS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'the-secret-of-the-user' }

export async function startRecording(options: BedrockEmulatorOptions = {}): Promise<RecordingSetup> {
  const directory = await mkdtemp(join(tmpdir(), 'recordings-'))
  const bedrock = await startEmulator(options)
  const recorder = await startEmulator({
    record: { directory, bedrock: { endpoint: bedrock.url, region: 'us-east-1', credentials: CREDENTIALS } },
  })
  const replayers: RunningEmulator[] = []
  return {
    directory,
    bedrock,
    recorder,
    async read() {
      const files = (await readdir(directory)).toSorted()
      const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))
      return new Map(texts.map((text, index) => [files[index] ?? '', JSON.parse(text)]))
    },
    async replay(isTimed = false) {
      const replayer = await startEmulator({ replay: { directory, isTimed } })
      replayers.push(replayer)
      return replayer
    },
    async close() {
      await Promise.all([recorder, bedrock, ...replayers].map((emulator) => emulator.close()))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
