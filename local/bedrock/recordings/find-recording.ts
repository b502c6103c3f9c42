import { BedrockError } from '@bedrock-functions/runtime/core'
import type { JsonObject } from '../shapes/json.ts'
import { restoreBody } from './bodies.ts'
import { type Difference, describeDifference, listDifferences } from './json-differences.ts'
import { type ComparedRequest, describeMeaning, hideAccounts, isSameMeaning } from './match-request.ts'
import type { RecordedResponse } from './recording.ts'
import { type NamedRecording, RecordingError } from './recording-files.ts'

export interface RecordingFinder {
  /**
   * Finds the answer to a request. Repeated requests get their answers in the recorded order, then the last one again.
   *
   * @throws BedrockError ResourceNotFoundException that names the nearest recording and what differs
   */
  find(request: ComparedRequest): RecordedResponse
}

/** Recordings of one request, in their order. */
interface Group {
  readonly file: string
  readonly meaning: JsonObject
  /** The meaning as text. */
  readonly text: string
  readonly responses: RecordedResponse[]
  used: number
}

const MAX_SHOWN_DIFFERENCES = 3

export function createRecordingFinder(directory: string, recordings: readonly NamedRecording[]): RecordingFinder {
  const groups = groupRecordings(directory, recordings)
  return {
    find(request) {
      const meaning = describeMeaning(request)
      const text = JSON.stringify(meaning)
      const group = groups.get(hideAccounts(text))?.find((one) => isSameMeaning(one.text, text))
      const response = group?.responses[Math.min(group.used, group.responses.length - 1)]
      if (!group || !response) throw describeMiss(directory, [...groups.values()].flat(), meaning)
      group.used += 1
      return response
    },
  }
}

/** Groups recordings by their meaning; the key hides account numbers. */
function groupRecordings(directory: string, recordings: readonly NamedRecording[]): Map<string, Group[]> {
  const groups = new Map<string, Group[]>()
  for (const { file, recording } of recordings) {
    const meaning = readMeaning(`${directory}/${file}`, recording.request)
    const text = JSON.stringify(meaning)
    const similar = groups.get(hideAccounts(text)) ?? []
    groups.set(hideAccounts(text), similar)
    const same = similar.find((group) => group.text === text)
    if (same) same.responses.push(recording.response)
    else similar.push({ file, meaning, text, responses: [recording.response], used: 0 })
  }
  return groups
}

function readMeaning(path: string, request: NamedRecording['recording']['request']): JsonObject {
  try {
    return describeMeaning({ ...request, body: restoreBody(request.body) })
  } catch (cause) {
    throw new RecordingError(`${path} is not a recording of an operation of Bedrock: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function describeMiss(directory: string, groups: readonly Group[], asked: JsonObject): BedrockError {
  const start = `No recording in ${directory} answers this ${asked.operation}.`
  const [nearest] = groups
    .map(({ file, meaning }) => ({ file, differences: listDifferences(meaning, asked) }))
    .sort((one, other) => weigh(one.differences) - weigh(other.differences))
  if (!nearest) return notFound(`${start} The directory has no recordings.`)
  const { file, differences } = nearest
  const shown = differences.slice(0, MAX_SHOWN_DIFFERENCES).map(describeDifference).join('; ')
  const more = differences.length - MAX_SHOWN_DIFFERENCES
  return notFound(`${start} The nearest is ${file}: ${shown}${more > 0 ? `; and ${more} more differences` : ''}.`)
}

function notFound(message: string): BedrockError {
  return new BedrockError('ResourceNotFoundException', message)
}

/** Distance of a recording: another operation is farther than another model, and that farther than another body or member. */
function weigh(differences: readonly Difference[]): number {
  const weights = differences.map(({ path }) => {
    if (path === 'operation') return 1_000_000
    if (path === 'body') return 100
    return /^(?:body|headers|query)\b/.test(path) ? 1 : 1_000
  })
  return weights.reduce((sum, weight) => sum + weight, 0)
}
