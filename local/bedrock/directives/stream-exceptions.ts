/**
 * Exceptions inside a stream, by the members of Bedrock's event streams (service model of 2023-09-30). ConverseStream has
 * no modelTimeoutException; the emulator sends it there too, and clients do not know it.
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

/** Finds an exception by its error name, or by its stream member, which begins with a small letter. */
export function findStreamException(name: string): StreamException | undefined {
  return STREAM_EXCEPTIONS.find((type) => type.slice(1) === name.slice(1) && type[0] === name[0]?.toUpperCase())
}
