/** Who makes models on Bedrock: the first label of a foundation-model id. Retired providers stay, as their models do. */
export const PROVIDERS: ReadonlySet<string> = new Set([
  'ai21',
  'amazon',
  'anthropic',
  'cohere',
  'deepseek',
  'google',
  'luma',
  'meta',
  'minimax',
  'mistral',
  'moonshot',
  'moonshotai',
  'nvidia',
  'openai',
  'qwen',
  'stability',
  'twelvelabs',
  'writer',
  'xai',
  'zai',
])

/** Where an inference profile routes to: the label in front of a foundation-model id. */
export const PROFILE_PREFIXES: ReadonlySet<string> = new Set([
  'apac',
  'au',
  'ca',
  'eu',
  'global',
  'in',
  'jp',
  'us',
  'us-gov',
])
