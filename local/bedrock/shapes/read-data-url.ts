import { decodeBase64, isBase64 } from './decode-base64.ts'

export interface DataUrl {
  /** Subtype of its media type, such as `png`. */
  readonly format: string
  readonly bytes: Uint8Array
}

/** Reads a data URL of base64, such as `data:image/png;base64,…`; undefined for any other text and type. */
export function readDataUrl(url: string, type: 'image' | 'application'): DataUrl | undefined {
  const start = `data:${type}/`
  const [, format = '', data = ''] = /^([a-z0-9.+-]{1,100});base64,(.*)$/s.exec(url.slice(start.length)) ?? []
  if (!url.startsWith(start) || format === '' || !isBase64(data)) return undefined
  return { format: format.replace(/^jpg$/, 'jpeg'), bytes: decodeBase64(data) }
}
