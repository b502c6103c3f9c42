/**
 * What can go wrong inside a stream, by the members of Bedrock's event streams (service model of 2023-09-30). Converse's
 * has no modelTimeoutException; the emulator sends it there, too, as an exception that clients do not know.
 */
export const STREAM_EXCEPTIONS = [
  'InternalServerException',
  'ModelStreamErrorException',
  'ModelTimeoutException',
  'ServiceUnavailableException',
  'ThrottlingException',
  'ValidationException',
] as const

export type StreamException = (typeof STREAM_EXCEPTIONS)[number]

/** By its name as an error or as a member of the stream, which begins with a small letter. */
export function findStreamException(name: string): StreamException | undefined {
  return STREAM_EXCEPTIONS.find((type) => type.slice(1) === name.slice(1) && type[0] === name[0]?.toUpperCase())
}
