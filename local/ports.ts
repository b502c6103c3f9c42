/** Where each server listens, counted from --port; the ones without a server yet are kept free for it. */
export const PORT_OFFSETS = {
  api: 0,
  functionUrl: 1,
  bedrock: 2,
  s3: 3,
  stepFunctions: 4,
  eventBridge: 5,
} as const

/** Ports of the whole block. */
export const PORT_COUNT = Object.keys(PORT_OFFSETS).length
