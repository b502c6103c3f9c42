import { isUtf8 } from 'node:buffer'
import { BedrockError } from '../core/errors.ts'

/**
 * Refuses what is not JSON in UTF-8 by its bytes: parsers that are lenient with overlong forms, or guess another encoding,
 * would read names in it that a search for bytes does not find. UTF-16 and UTF-32 of ASCII are valid UTF-8 with NULs, which
 * JSON does not have (RFC 8259, section 7: in strings they are escaped).
 *
 * @throws BedrockError ValidationException
 */
export function requireUtf8(bytes: Buffer): void {
  if (isUtf8(bytes) && !bytes.includes(0)) return
  throw new BedrockError('ValidationException', 'The body is not JSON in UTF-8.')
}
