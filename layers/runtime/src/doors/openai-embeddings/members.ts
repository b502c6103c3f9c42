import { type MemberTable, mapped } from '../openai/request-members.ts'

/** Members of a request of OpenAI's embeddings. docs/front-doors.md shows the table. */
export const EMBEDDING_MEMBERS: MemberTable = {
  input: mapped('the texts, in one call or in several; token arrays are refused'),
  model: mapped('modelId'),
  dimensions: mapped('dimensions (Titan 2), output_dimension (Cohere 4), embeddingDimension (Nova)'),
  encoding_format: mapped('the form of the vectors in the answer'),
  user: mapped('request metadata', 'string'),
  input_type: mapped('input_type (Cohere), embeddingPurpose (Nova); search_document by default. Not in OpenAI’s API'),
}
