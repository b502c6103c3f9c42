import type { JsonObject } from '../shapes/json.ts'

/**
 * The configuration of every guardrail of an emulator without a policy file, whatever its identifier, in the form of
 * CreateGuardrail's. Write one of the phrases into a prompt (or into `[emulator:say=…]` for the model's side) to see a
 * guardrail at work.
 */
export const DEFAULT_CONFIGURATION: JsonObject = {
  blockedInputMessaging: 'Sorry, the model cannot answer this question.',
  blockedOutputsMessaging: 'Sorry, the model cannot answer this question.',
  topicPolicyConfig: {
    topicsConfig: [
      { name: 'Blocked topic', type: 'DENY', examples: ['[blocked topic]'] },
      { name: 'Investment advice', type: 'DENY', examples: ['investment advice', 'which stocks should i buy'] },
    ],
  },
  contentPolicyConfig: {
    filtersConfig: [{ type: 'PROMPT_ATTACK', inputStrength: 'HIGH', outputStrength: 'NONE' }],
  },
  wordPolicyConfig: { wordsConfig: [{ text: '[blocked word]' }] },
  sensitiveInformationPolicyConfig: {
    piiEntitiesConfig: [
      { type: 'EMAIL', action: 'ANONYMIZE' },
      { type: 'PHONE', action: 'ANONYMIZE' },
    ],
  },
}
