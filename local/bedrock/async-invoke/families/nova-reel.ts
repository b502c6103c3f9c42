import { malformedInput, validationError } from '../../messages.ts'
import { describeForModel } from '../../shapes/describe-violation.ts'
import type { JsonObject, JsonValue } from '../../shapes/json.ts'
import { readList, readNumber, readObject } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { integer, list, oneOf, type StringShape, structure, text } from '../../shapes/shape.ts'
import { formatS3Uri, joinKey } from '../s3-location.ts'
import { type AsyncFamily, jsonFile, type OutputFile } from './async-family.ts'
import { novaSource } from './media-shapes.ts'
import { renderEmptyVideo } from './render-empty-video.ts'

/**
 * Source: Amazon Nova User Guide, "Video generation access and usage"; parts of it call the status file
 * `generation-status.json`. Both models have reached their end of life: their layout stays, as the best documented one.
 */
const VIDEO_FILE = 'output.mp4'
const STATUS_FILE = 'video-generation-status.json'
const SHOT_SECONDS = 6

function prompt(maximum: number): StringShape {
  return { type: 'string', minimum: 1, maximum }
}

const image = structure({ format: text, source: novaSource }, ['format', 'source'])

/** Parameter member by task. */
const PARAMETERS = {
  TEXT_VIDEO: 'textToVideoParams',
  MULTI_SHOT_AUTOMATED: 'multiShotAutomatedParams',
  MULTI_SHOT_MANUAL: 'multiShotManualParams',
} as const

type Task = keyof typeof PARAMETERS

export const novaReelV10 = defineFamily(['TEXT_VIDEO'])
export const novaReelV11 = defineFamily(['TEXT_VIDEO', 'MULTI_SHOT_AUTOMATED', 'MULTI_SHOT_MANUAL'])

function defineFamily(tasks: readonly Task[]): AsyncFamily {
  const request = structure(
    {
      taskType: oneOf(...tasks),
      textToVideoParams: structure({ text: prompt(512), images: list(image, 1, 1) }, ['text']),
      multiShotAutomatedParams: structure({ text: prompt(4_000) }, ['text']),
      multiShotManualParams: structure({ shots: list(structure({ text: prompt(512), image }, ['text']), 1, 20) }, [
        'shots',
      ]),
      videoGenerationConfig: structure({
        durationSeconds: integer(SHOT_SECONDS, 120),
        fps: integer(24, 24),
        dimension: oneOf('1280x720'),
        seed: integer(0, 2_147_483_646),
      }),
    },
    ['taskType'],
  )
  return {
    check(input) {
      requireShape(input, request, describeForModel)
      const task = input.taskType as Task
      requireSeconds(task, readObject(input.videoGenerationConfig)?.durationSeconds)
      const member = PARAMETERS[task]
      requireShape(input, structure({}, [member]), describeForModel)
    },
    render(input, { folder }) {
      const seconds = countSeconds(input)
      const locate = (name: string): JsonObject => ({ status: 'SUCCESS', location: formatS3Uri(joinKey(folder, name)) })
      const shots = input.taskType === 'TEXT_VIDEO' ? [] : nameShots(seconds)
      const status = { schemaVersion: '1.0.0', shots: shots.map(locate), fullVideo: locate(VIDEO_FILE) }
      return [
        ...shots.map((name) => videoFile(name, SHOT_SECONDS)),
        videoFile(VIDEO_FILE, seconds),
        jsonFile(STATUS_FILE, status),
      ]
    },
  }
}

/** A single shot lasts 6 seconds, several a multiple of it. */
function requireSeconds(task: Task, value: JsonValue | undefined): void {
  const seconds = readNumber(value)
  if (seconds === undefined || task === 'MULTI_SHOT_MANUAL') return
  const isValid =
    task === 'TEXT_VIDEO' ? seconds === SHOT_SECONDS : seconds > SHOT_SECONDS && seconds % SHOT_SECONDS === 0
  if (isValid) return
  const allowed = task === 'TEXT_VIDEO' ? `${SHOT_SECONDS}` : `a multiple of ${SHOT_SECONDS} from 12 to 120`
  const fact = `${seconds} is not ${allowed}, the seconds of ${task}`
  throw validationError(malformedInput(`#/videoGenerationConfig/durationSeconds: ${fact}`))
}

function countSeconds({ videoGenerationConfig, multiShotManualParams }: JsonObject): number {
  const shots = readList(readObject(multiShotManualParams)?.shots).length
  return shots > 0
    ? shots * SHOT_SECONDS
    : (readNumber(readObject(videoGenerationConfig)?.durationSeconds) ?? SHOT_SECONDS)
}

/** Names a shot's file, such as `shot_0001.mp4`. */
function nameShots(seconds: number): readonly string[] {
  return Array.from(
    { length: Math.ceil(seconds / SHOT_SECONDS) },
    (_, index) => `shot_${String(index + 1).padStart(4, '0')}.mp4`,
  )
}

function videoFile(name: string, seconds: number): OutputFile {
  return { name, contentType: 'video/mp4', body: renderEmptyVideo(seconds) }
}
