import { malformedInput } from '../messages.ts'

/**
 * Messages of a speech session. AWS documents the order of events and the exceptions, not the texts; those below are not
 * observed unless they say so.
 */
export const sessionMessages = {
  /** Observed in an open client of Nova Sonic, gravityai-dev/aws-nova. */
  idle: 'Timed out waiting for input events',
  /** Documented for the end of the connection: Nova's guide, speech-errors; observed in sample-sonic-cdk-agent issue 31. */
  tooLong: 'Model has timed out in processing the request. Try your request again.',
  unsupportedModel: 'The model is unsupported for bidirectional streaming.',
  needsHttp2: 'InvokeModelWithBidirectionalStream needs HTTP/2.',
  unfinished: 'The input stream ended before the event sessionEnd.',
  frame: (fact: string) => malformedInput(`invalid event stream: ${fact}`),
  chunkTooLarge: (bytes: number, limit: number) =>
    malformedInput(`the bytes of a chunk are ${bytes} bytes long, the limit is ${limit}`),
  eventCount: (names: readonly string[]) =>
    malformedInput(`#/event: exactly one event is expected, found: [${names.join(', ').slice(0, 200)}]`),
  unknownEvent: (name: string, known: readonly string[]) =>
    malformedInput(`#/event: unknown event ${name.slice(0, 50)}, known: ${known.join(', ')}`),
  unexpected: (name: string, fact: string) => `Unexpected event ${name}: ${fact}.`,
  sampleRate: (place: string, rate: number, rates: readonly number[]) =>
    malformedInput(`${place}: ${rate} is not one of ${rates.join(', ')}`),
  missingMember: (place: string, member: string, type: string) =>
    malformedInput(`${place}: required key [${member}] not found for the type ${type}`),
  role: (type: string, role: string, roles: readonly string[]) =>
    malformedInput(`#/contentStart/role: ${role} has no content of the type ${type}, expected: ${roles.join(', ')}`),
  toolSchema: (name: string) =>
    malformedInput(`#/promptStart/toolConfiguration/tools: the input schema of ${name} is not a JSON object`),
  oddAudio: (bytes: number) =>
    malformedInput(`#/audioInput/content: ${bytes} bytes are not a whole number of 16-bit samples`),
  tooMuchText: (limit: number) => `The texts of the session are longer than the limit of ${limit} bytes.`,
} as const
