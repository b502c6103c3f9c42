import { findRules } from '@bedrock-functions/runtime/models'
import { mediaMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'
import type { ContentBlock, MediaBlock, Turn } from './types.ts'

/** Documents that Nova does not read in a tool result; it reads those of plain text. */
const BINARY_DOCUMENTS: readonly string[] = ['pdf', 'doc', 'docx', 'xls', 'xlsx']

/** Checks media that Converse cannot give to the model: by their kind, their place or their source. ValidationException. */
export function checkConverseMedia(turns: readonly Turn[], { requestedId }: Pick<Model, 'requestedId'>): void {
  const { family, readsS3 = false } = findRules(requestedId) ?? {}
  if (family === undefined || family === null) return
  for (const { blocks, path } of turns) {
    for (const [index, block] of blocks.entries()) {
      const media = (block.kind === 'toolResult' ? block.blocks : [block]).filter(isMedium)
      if (!readsS3 && media.some((medium) => medium.kind === 'image' && isInS3(medium))) {
        throw validationError(messages.s3Unsupported)
      }
      const place = [...path, 'content', index]
      if (family === 'Claude' && block.kind === 'document' && isInS3(block)) {
        throw validationError(messages.sourceMissing(place.join('.')))
      }
      if (family === 'Nova' && block.kind === 'toolResult' && media.some(isUnreadByNova)) {
        throw validationError(messages.resultUnreadable(place.join('/')))
      }
    }
  }
}

function isMedium(block: ContentBlock): block is MediaBlock {
  return 'source' in block
}

function isInS3({ source }: MediaBlock): boolean {
  return source.kind === 'location'
}

function isUnreadByNova(medium: MediaBlock): boolean {
  return medium.kind === 'document'
    ? BINARY_DOCUMENTS.includes(medium.format)
    : medium.kind === 'video' && isInS3(medium)
}
