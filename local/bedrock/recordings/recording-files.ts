import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Recording } from './recording.ts'

/** Error of a directory or file that has no recordings. */
export class RecordingError extends Error {}

/** A recording and the name of its file. */
export interface NamedRecording {
  readonly file: string
  readonly recording: Recording
}

/** Files of recordings: `0001-Converse-amazon.nova-lite-v1_0.json`. */
const FILE_NAME = /^(\d{4,})-.*\.json$/

export interface RecordingWriter {
  /** Reserves a place in the order of the recordings. Returns a function that writes the file. */
  reserve(operation: string, subject: string): (recording: Recording) => Promise<void>
}

/** Creates a directory for recordings. New recordings follow those that it has. */
export function createRecordingWriter(directory: string): RecordingWriter {
  mkdirSync(directory, { recursive: true })
  let number = Math.max(0, ...listFiles(directory).map(numberOf))
  return {
    reserve(operation, subject) {
      number += 1
      const words = [String(number).padStart(4, '0'), operation, shorten(subject)].filter((word) => word !== '')
      const name = `${words.join('-')}.json`
      return async (recording) => {
        // A reader finds the whole file or none.
        const unfinished = join(directory, `.${name}.tmp`)
        await writeFile(unfinished, `${JSON.stringify(recording, undefined, 2)}\n`)
        await rename(unfinished, join(directory, name))
      }
    },
  }
}

/** Reads the recordings of a directory in their order. Throws a RecordingError that names the file. */
export function readRecordings(directory: string): readonly NamedRecording[] {
  const files = listFiles(directory).sort((one, other) => numberOf(one) - numberOf(other))
  return files.map((file) => ({ file, recording: readRecording(join(directory, file)) }))
}

function readRecording(path: string): Recording {
  try {
    const recording: Partial<Recording> = JSON.parse(readFileSync(path, 'utf8'))
    if (recording.request?.path !== undefined && recording.response?.status !== undefined) return recording as Recording
  } catch (cause) {
    throw new RecordingError(`${path} is not a recording: ${(cause as Error).message}`, { cause })
  }
  throw new RecordingError(`${path} is not a recording: it needs request.path and response.status`)
}

function listFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => FILE_NAME.test(name))
  } catch (cause) {
    throw new RecordingError(`${directory} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function numberOf(file: string): number {
  return Number(FILE_NAME.exec(file)?.[1])
}

/** Last part of an ARN or a model id, for a file name. */
function shorten(subject: string): string {
  return (subject.split('/').at(-1) ?? '').replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, 80)
}
