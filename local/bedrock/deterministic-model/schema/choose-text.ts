import type { JsonObject } from '../../shapes/json.ts'
import { readNumber, readString, readStrings } from '../../shapes/read-json.ts'
import { splitWords } from '../words.ts'
import { generateText } from './pattern-text.ts'
import type { FactKind, PromptFacts } from './prompt-facts.ts'

/** Longest text that is taken from a prompt. */
const MAX_TEXT = 200

/** Texts of JSON schema's formats, for prompts without one. */
const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-15',
  'date-time': '2026-01-15T09:00:00Z',
  duration: 'P1D',
  email: 'user@example.com',
  hostname: 'example.com',
  'idn-email': 'user@example.com',
  'idn-hostname': 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  iri: 'https://example.com/',
  'iri-reference': 'https://example.com/',
  'json-pointer': '/value',
  regex: '.*',
  time: '09:00:00Z',
  uri: 'https://example.com/',
  'uri-reference': 'https://example.com/',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
}

/** Facts that have the form of a format. */
const FORMAT_FACTS: Partial<Readonly<Record<string, FactKind>>> = { date: 'date', email: 'email', uri: 'url' }

interface Rule {
  /** Words of the names of properties. */
  readonly words: ReadonlySet<string>
  /** Facts that fit, the best first. */
  readonly facts: readonly FactKind[]
  readonly otherwise: string
}

function rule(words: string, facts: readonly FactKind[], otherwise: string): Rule {
  return { words: new Set(words.split(' ')), facts, otherwise }
}

/** Facts by the name of a property. The first rule with one of its words decides. */
const RULES: readonly Rule[] = [
  rule('email mail', ['email'], 'user@example.com'),
  rule('url uri link website href', ['url'], 'https://example.com/'),
  rule('phone telephone mobile', ['phone'], '+1 202 555 0100'),
  rule('path file filename filepath directory folder', ['path', 'quoted'], 'example.txt'),
  rule('date day deadline birthday', ['date'], '2026-01-15'),
  rule('clock', ['clock'], '09:00'),
  rule('expression equation formula calculation', ['expression'], '1 + 1'),
  rule('currency code sign callsign symbol ticker iata airport station isin sku', ['code', 'identifier'], 'USD'),
  rule('id identifier', ['identifier', 'code'], '1'),
  rule('language', ['language'], 'English'),
  rule(
    'city location locations place places town country state region destination origin departure address cities',
    ['place'],
    'Tokyo',
  ),
  rule('name person author customer recipient guest patient', ['quoted', 'name'], ''),
  rule('zone timezone', ['path'], 'UTC'),
  rule('year month hour minute age amount price quantity count number percentage', ['number'], '1'),
]

const ANSWER = new Set('answer capital result response conclusion'.split(' '))

/** Chooses a text that the schema allows: from the prompt, where something there fits the property `name`. */
export function chooseText(schema: JsonObject, name: string, facts: PromptFacts): string {
  const format = readString(schema.format) ?? ''
  const pattern = readString(schema.pattern)
  if (pattern !== undefined) return choosePattern(pattern, schema, facts)
  const fact = FORMAT_FACTS[format]
  const formatted = (fact && facts.take(fact)) ?? (Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined)
  return formatted ?? fitLength(chooseByName(schema, name, facts), schema)
}

/** Finds the kind of facts that fill a property of this name; undefined for one that takes the whole prompt. */
export function findFactKind(name: string): FactKind | undefined {
  return findRule(name)?.facts[0]
}

function chooseByName(schema: JsonObject, name: string, facts: PromptFacts): string {
  const words = splitWords(name)
  if (words.some((word) => /^lat(itude)?$/.test(word))) return String(facts.coordinates.latitude)
  if (words.some((word) => /^(lon|lng|long|longitude)$/.test(word))) return String(facts.coordinates.longitude)
  if (facts.answer !== undefined && words.some((word) => ANSWER.has(word))) return facts.answer
  const found = findRule(name)
  const fact = found?.facts.map(facts.take).find((text) => text !== undefined)
  const [example] = readStrings(schema.examples)
  const whole = facts.text.slice(0, MAX_TEXT) || name
  if (found) return fact ?? example ?? (found.otherwise || whole)
  return facts.take('quoted') ?? whole
}

function findRule(name: string): Rule | undefined {
  const words = splitWords(name)
  return RULES.find((one) => words.some((word) => one.words.has(word)))
}

/** Takes a word of the prompt that has the pattern, or makes a text that has it. */
function choosePattern(pattern: string, schema: JsonObject, facts: PromptFacts): string {
  const test = compile(pattern)
  const { minimum, maximum } = readLengths(schema)
  const fits = (text: string): boolean => test.test(text) && text.length >= minimum && text.length <= maximum
  const said = facts.text.split(/[\s,;"'?!()]+/).map((word) => word.replace(/\.$/, ''))
  return said.find((word) => word !== '' && fits(word)) ?? generateText(pattern, { minimum, maximum })
}

/** Compiles a pattern of a schema. One that is no regular expression allows everything. */
function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return /(?:)/
  }
}

function fitLength(text: string, schema: JsonObject): string {
  const { minimum, maximum } = readLengths(schema)
  return [...text].slice(0, maximum).join('').padEnd(Math.min(minimum, 1_000), '.')
}

function readLengths(schema: JsonObject): { minimum: number; maximum: number } {
  return {
    minimum: readNumber(schema.minLength) ?? 0,
    maximum: readNumber(schema.maxLength) ?? Number.POSITIVE_INFINITY,
  }
}
