import { describeForModel } from '../../shapes/describe-violation.ts'
import { readString } from '../../shapes/read-json.ts'
import { requireShape } from '../../shapes/require-shape.ts'
import { blob, boolean, oneOf, structure } from '../../shapes/shape.ts'
import type { AsyncFamily } from './async-family.ts'
import { renderEmptyVideo } from './render-empty-video.ts'

/** Source: Amazon Bedrock User Guide, "Luma AI models", which does not name the file. */
const VIDEO_FILE = 'output.mp4'
const DEFAULT_SECONDS = '5s'

const frameSource = structure({ type: oneOf('base64'), media_type: oneOf('image/jpeg', 'image/png'), data: blob }, [
  'type',
  'media_type',
  'data',
])
const frame = structure({ type: oneOf('image'), source: frameSource }, ['type', 'source'])

const request = structure(
  {
    prompt: { type: 'string', minimum: 1, maximum: 5_000 },
    aspect_ratio: oneOf('1:1', '16:9', '9:16', '4:3', '3:4', '21:9', '9:21'),
    loop: boolean,
    duration: oneOf('5s', '9s'),
    resolution: oneOf('540p', '720p'),
    keyframes: structure({ frame0: frame, frame1: frame }),
  },
  ['prompt'],
)

/** Luma Ray 2: a video of a prompt. */
export const lumaRay: AsyncFamily = {
  check(input) {
    requireShape(input, request, describeForModel)
  },
  render(input) {
    const seconds = Number.parseInt(readString(input.duration) ?? DEFAULT_SECONDS, 10)
    return [{ name: VIDEO_FILE, contentType: 'video/mp4', body: renderEmptyVideo(seconds) }]
  },
}
