/** Where each server listens, counted from --port; the ones without a server yet are kept free for it. */
export const PORT_OFFSETS = {
  api: 0,
  functionUrl: 1,
  bedrock: 2,
  s3: 3,
  stepFunctions: 4,
  eventBridge: 5,
  sqs: 6,
} as const

/** The API's, and so the block's first. */
export const DEFAULT_PORT = 3000

/** Ports of the whole block. */
export const PORT_COUNT = Object.keys(PORT_OFFSETS).length
