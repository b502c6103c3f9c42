import type { JsonObject, JsonValue } from '../shapes/json.ts'
import { readNumber, readObject, readObjects, readString, readStrings } from '../shapes/read-json.ts'
import type {
  Action,
  Actions,
  FilterPolicy,
  GroundingPolicy,
  GuardrailPolicy,
  RegexPolicy,
  Strength,
} from './policy.ts'

const BLOCKED = 'Sorry, the model cannot answer this question.'

/**
 * Reads a checked configuration in CreateGuardrail's form. The examples of a topic are its phrases.
 *
 * @throws SyntaxError for an invalid regular expression
 */
export function readConfiguration(configuration: JsonObject): GuardrailPolicy {
  const listOf = (policy: string, member: string): readonly JsonObject[] =>
    readObjects(readObject(configuration[policy])?.[member])
  const [managed] = listOf('wordPolicyConfig', 'managedWordListsConfig')
  return {
    topics: listOf('topicPolicyConfig', 'topicsConfig').map((topic) => ({
      name: readString(topic.name) ?? '',
      phrases: readStrings(topic.examples),
      actions: readActions(topic, 'BLOCK'),
    })),
    filters: listOf('contentPolicyConfig', 'filtersConfig').map(readFilter),
    words: listOf('wordPolicyConfig', 'wordsConfig').map((word) => ({
      text: readString(word.text) ?? '',
      actions: readActions(word, 'BLOCK'),
    })),
    ...(managed && { profanity: readActions(managed, 'BLOCK') }),
    entities: listOf('sensitiveInformationPolicyConfig', 'piiEntitiesConfig').map((entity) => ({
      type: readString(entity.type) ?? '',
      actions: readActions(entity, entity.action as Action),
    })),
    regexes: listOf('sensitiveInformationPolicyConfig', 'regexesConfig').map(readRegex),
    grounding: listOf('contextualGroundingPolicyConfig', 'filtersConfig')
      .filter(({ enabled }) => enabled !== false)
      .map(readGrounding),
    messages: {
      INPUT: readString(configuration.blockedInputMessaging) ?? BLOCKED,
      OUTPUT: readString(configuration.blockedOutputsMessaging) ?? BLOCKED,
    },
  }
}

function readActions(config: JsonObject, usual: Action): Actions {
  const read = (action: JsonValue | undefined, enabled: JsonValue | undefined): Action =>
    enabled === false ? 'OFF' : ((readString(action) as Action | undefined) ?? usual)
  return {
    INPUT: read(config.inputAction, config.inputEnabled),
    OUTPUT: read(config.outputAction, config.outputEnabled),
  }
}

function readFilter(filter: JsonObject): FilterPolicy {
  const phrases = readObject(filter.phrases) ?? {}
  return {
    type: filter.type as FilterPolicy['type'],
    strengths: { INPUT: filter.inputStrength as Strength, OUTPUT: filter.outputStrength as Strength },
    phrases: {
      LOW: readStrings(phrases.LOW),
      MEDIUM: readStrings(phrases.MEDIUM),
      HIGH: readStrings(phrases.HIGH),
    },
    actions: readActions(filter, 'BLOCK'),
  }
}

function readRegex(config: JsonObject): RegexPolicy {
  return {
    name: readString(config.name) ?? '',
    pattern: new RegExp(readString(config.pattern) ?? '', 'g'),
    actions: readActions(config, config.action as Action),
  }
}

function readGrounding({ type, threshold, action }: JsonObject): GroundingPolicy {
  return {
    type: type as GroundingPolicy['type'],
    threshold: readNumber(threshold) ?? 0,
    action: action === 'NONE' ? 'NONE' : 'BLOCK',
  }
}
