import { randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { link, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Recording } from './recording.ts'

/** Error of a directory or file that has no recordings, or cannot hold them. */
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

/**
 * Creates a directory for recordings. New recordings follow those that it has. Several writers may use one directory.
 *
 * @throws RecordingError for a directory that cannot be created or written
 */
export function createRecordingWriter(directory: string): RecordingWriter {
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.W_OK)
  } catch (cause) {
    throw new RecordingError(`${directory} cannot hold recordings: ${(cause as Error).message}`, { cause })
  }
  let number = lastNumber(directory)

  /** Gives a file its name at once, so that a reader finds the whole file or none. Another writer may have taken the number. */
  async function publish(unfinished: string, wanted: number, words: readonly string[]): Promise<void> {
    const name = [String(wanted).padStart(4, '0'), ...words.filter((word) => word !== '')].join('-')
    try {
      await link(unfinished, join(directory, `${name}.json`))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      number = Math.max(number, lastNumber(directory)) + 1
      await publish(unfinished, number, words)
    }
  }

  return {
    reserve(operation, subject) {
      number += 1
      const reserved = number
      return async (recording) => {
        const unfinished = join(directory, `.${randomUUID()}.tmp`)
        await writeFile(unfinished, `${JSON.stringify(recording, undefined, 2)}\n`)
        try {
          await publish(unfinished, reserved, [operation, shorten(subject)])
        } finally {
          await rm(unfinished, { force: true })
        }
      }
    },
  }
}

/** Reads the recordings of a directory in their order. Throws a RecordingError that names the file. */
export function readRecordings(directory: string): readonly NamedRecording[] {
  const files = listFiles(directory)
    .sort()
    .sort((one, other) => numberOf(one) - numberOf(other))
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

function lastNumber(directory: string): number {
  return Math.max(0, ...listFiles(directory).map(numberOf))
}

function numberOf(file: string): number {
  return Number(FILE_NAME.exec(file)?.[1])
}

/** Last part of an ARN or a model id, for a file name. */
function shorten(subject: string): string {
  return (subject.split('/').at(-1) ?? '').replaceAll(/[^A-Za-z0-9.-]/g, '_').slice(0, 80)
}
