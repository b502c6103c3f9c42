import type { ContentBlock, Turn } from '../conversation/types.ts'
import { featureMessages as messages, validationError } from '../messages.ts'
import type { Model } from '../models/resolve-model.ts'

/** Checks that the model has inputs of the kinds of media in a conversation of Converse. ValidationException otherwise. */
export function checkMediaKinds(turns: readonly Turn[], { traits }: Model): void {
  for (const { blocks } of turns) {
    for (const block of blocks) {
      const results = block.kind === 'toolResult' ? block.blocks : []
      if (traits.refusesResultImages && has(results, 'image')) throw validationError(messages.resultImage)
      const content = block.kind === 'toolResult' ? results : [block]
      if (traits.refusesImages && has(content, 'image')) throw validationError(messages.mediaBlock('image'))
      if (traits.refusesVideo && has(content, 'video')) throw validationError(messages.mediaBlock('video'))
      if (traits.refusesDocuments && has(content, 'document')) throw validationError(messages.documents)
    }
  }
}

function has(blocks: readonly ContentBlock[], wanted: ContentBlock['kind']): boolean {
  return blocks.some(({ kind }) => kind === wanted)
}
