import type { JsonObject } from '../shapes/json.ts'

/**
 * Configuration of every guardrail without a policy file, for any identifier, in the form of CreateGuardrail. A phrase in a
 * prompt, or in `[emulator:say=…]` for the answer, triggers the guardrail.
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
