/** What single models do or refuse, beside their family. Patterns are matched with foundation-model ids. */
export interface ModelTraits {
  /** Only inference profiles reach it: its bare id is refused. */
  readonly profileOnly: boolean
  /** Takes `temperature` or `topP`, not both. */
  readonly exclusiveSampling: boolean
  /** Takes none of `temperature`, `topP` and `topK`. */
  readonly refusesSampling: boolean
  /** The last message must be the user's. */
  readonly refusesPrefill: boolean
  /** A tool choice of `any` or `tool` is refused. */
  readonly refusesForcedTools: boolean
  readonly refusesSystem: boolean
  readonly refusesTools: boolean
  readonly countsTokens: boolean
}

/**
 * Sources: "Invocation of model ID … isn't supported" and the model cards of Claude 4 and later; aws-samples'
 * bedrock-access-gateway for exclusive sampling; Anthropic's migration notes for 4.6, 4.7 and 5.
 */
const PATTERNS: Readonly<Record<keyof ModelTraits, RegExp>> = {
  profileOnly:
    /^(anthropic\.claude-[a-z]+-([4-9]|\d\d)|amazon\.nova-premier|moonshotai\.kimi-k3|xai\.grok-4\.7|zai\.glm-5\.3)/,
  exclusiveSampling: /^anthropic\.claude-(sonnet-4-[56]|haiku-4-5|opus-4-[156])(?!\d)/,
  refusesSampling: /^anthropic\.claude-([a-z]+-4-[789](?!\d)|[a-z]+-([5-9]|\d\d)(?!\d))/,
  refusesPrefill: /^anthropic\.claude-([a-z]+-4-[6789](?!\d)|[a-z]+-([5-9]|\d\d)(?!\d))/,
  refusesForcedTools: /^anthropic\.claude-sonnet-5-5/,
  refusesSystem: /^amazon\.titan-|^mistral\.(mistral-7b|mixtral)|^ai21\.j2|^cohere\.command-(text|light)/,
  refusesTools:
    /^amazon\.titan-|^deepseek\.r1|^mistral\.(mistral-7b|mixtral)|^meta\.llama[23]-[0-9]+b|^cohere\.command-(text|light)|^anthropic\.claude-(v|instant)/,
  countsTokens: /^anthropic\./,
}

export function findTraits(baseId: string): ModelTraits {
  const has = (trait: keyof ModelTraits): boolean => PATTERNS[trait].test(baseId)
  return {
    profileOnly: has('profileOnly'),
    exclusiveSampling: has('exclusiveSampling'),
    refusesSampling: has('refusesSampling'),
    refusesPrefill: has('refusesPrefill'),
    refusesForcedTools: has('refusesForcedTools'),
    refusesSystem: has('refusesSystem'),
    refusesTools: has('refusesTools'),
    countsTokens: has('countsTokens'),
  }
}
