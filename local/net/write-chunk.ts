import type { AnyResponse } from './dual-protocol-server.ts'

/**
 * Writes and, where the client is slow, waits until it has taken it. Resolves, too, when the client is gone or `signal`
 * is aborted: whoever produces the chunks finds that out by itself.
 */
export function writeChunk(response: AnyResponse, chunk: Uint8Array, signal: AbortSignal): Promise<void> | undefined {
  // The two responses overload write differently; both take bytes.
  const accepted = (response.write as (chunk: Uint8Array) => boolean).call(response, chunk)
  if (accepted || response.destroyed || signal.aborted) return undefined
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle)
      response.off('close', settle)
      signal.removeEventListener('abort', settle)
      resolve()
    }
    response.on('drain', settle)
    response.on('close', settle)
    signal.addEventListener('abort', settle)
  })
}
