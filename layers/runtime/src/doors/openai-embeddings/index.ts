import '../../core/index.ts'

export {
  type EmbeddingsDoor,
  type EmbeddingsPlan,
  type EmbeddingsRequest,
  embeddings,
  MAX_PARALLEL_CALLS,
} from './embeddings.ts'
export { EMBEDDING_MEMBERS } from './members.ts'
