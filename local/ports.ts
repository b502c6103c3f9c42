/** Port of each server relative to --port. */
export const PORT_OFFSETS = {
  api: 0,
  functionUrl: 1,
  bedrock: 2,
  s3: 3,
  stepFunctions: 4,
  eventBridge: 5,
  sqs: 6,
  dynamodb: 7,
} as const

/** First port of the block, which is the API's. */
export const DEFAULT_PORT = 3000

/** Number of ports in the block. */
export const PORT_COUNT = Object.keys(PORT_OFFSETS).length
