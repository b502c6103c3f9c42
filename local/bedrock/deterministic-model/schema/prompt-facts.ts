import { findExpressions } from '../arithmetic.ts'
import { findKnownAnswer } from '../known-answers.ts'

/** Facts of prompts that can be values: numbers, places, names. Each is taken in the order of the prompt. */
export interface PromptFacts {
  /** The whole last prompt on one line. */
  readonly text: string
  /** Short answer to a known question. */
  readonly answer: string | undefined
  readonly coordinates: Coordinates
  /** Takes the next fact of a kind; the last one again when all are taken, undefined when the prompt has none. */
  take(kind: FactKind): string | undefined
  /** Facts of a kind that are not taken yet. */
  remaining(kind: FactKind): number
}

export interface Coordinates {
  readonly latitude: number
  readonly longitude: number
}

export type FactKind = keyof typeof FINDERS

/** Longest prompt that is searched. */
const MAX_CHARACTERS = 20_000

/** Words that begin a sentence, not a name. */
const NOT_A_NAME = new Set(
  (
    'A About After All Also An And Any Are Ask At Book Buy Calculate Call Can Check Compute Convert Could Create Delete Describe Did Do ' +
    'Does Each Email Every Explain Extract Fetch Find First For From Generate Get Give Go Has Have He Hello Help Her Hey Hi ' +
    'His How I If In Is It Its Let List Look Make May Me Mr Mrs Ms Multiply My Next No Now Of On Or Order Our Plan Please ' +
    'Put Read Recommend Return Run Schedule Search Send Set She Should Show So Some Solve Start Summarize Tell Thank Thanks That The Their Then ' +
    'There These They This To Today Tomorrow Tonight Translate Use Using Was We Were What When Where Which Who Why Will ' +
    'With Would Write Yes Yesterday You Your ' +
    'Celsius Fahrenheit Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April June July ' +
    'August September October November December'
  ).split(' '),
)

/** One capitalised word or several in a row; after a comma a state of two letters belongs to a place. */
const NAME = /\p{Lu}[\p{L}\p{M}'’-]*(?:[ ](?:de|del|da|do|la|of the)?[ ]?\p{Lu}[\p{L}\p{M}'’-]*)*(?:, [A-Z]{2}\b)?/gu

/** Digits of dates, times and addresses. */
const NOT_NUMBERS = /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}\b|https?:\/\/\S+/g

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')

const LANGUAGES =
  /\b(Arabic|Chinese|Danish|Dutch|English|Finnish|French|German|Greek|Hebrew|Hindi|Italian|Japanese|Korean|Norwegian|Polish|Portuguese|Russian|Spanish|Swedish|Turkish|Ukrainian|Vietnamese)\b/gi

/** Coordinates of cities that demonstrations ask about. */
const CITIES: Readonly<Record<string, readonly [latitude: number, longitude: number]>> = {
  amsterdam: [52.37, 4.9],
  bangkok: [13.76, 100.5],
  barcelona: [41.39, 2.17],
  beijing: [39.9, 116.41],
  berlin: [52.52, 13.41],
  boston: [42.36, -71.06],
  chicago: [41.88, -87.63],
  dubai: [25.2, 55.27],
  dublin: [53.35, -6.26],
  london: [51.51, -0.13],
  'los angeles': [34.05, -118.24],
  madrid: [40.42, -3.7],
  melbourne: [-37.81, 144.96],
  miami: [25.76, -80.19],
  mumbai: [19.08, 72.88],
  munich: [48.14, 11.58],
  'new york': [40.71, -74.01],
  'new york city': [40.71, -74.01],
  osaka: [34.69, 135.5],
  oslo: [59.91, 10.75],
  paris: [48.85, 2.35],
  rome: [41.9, 12.5],
  'san francisco': [37.77, -122.42],
  'são paulo': [-23.55, -46.63],
  seattle: [47.61, -122.33],
  seoul: [37.57, 126.98],
  singapore: [1.35, 103.82],
  stockholm: [59.33, 18.07],
  sydney: [-33.87, 151.21],
  tokyo: [35.68, 139.69],
  toronto: [43.65, -79.38],
  vienna: [48.21, 16.37],
  zurich: [47.38, 8.54],
  東京: [35.68, 139.69],
  大阪: [34.69, 135.5],
}

const DEFAULT_CITY = [35.68, 139.69] as const

/** Finders of facts in a prompt. */
const FINDERS = {
  quoted: (prompt: string) =>
    [
      ...prompt.matchAll(
        /"([^"\n]{1,2000})"|“([^”\n]{1,2000})”|「([^」\n]{1,2000})」|(?<!\w)'([^'\n]{1,2000})'(?!\w)/g,
      ),
    ].map((match) => match.slice(1).find((group) => group !== undefined) ?? ''),
  number: findNumbers,
  place: findPlaces,
  name: findNames,
  code: (prompt: string) => match(prompt, /\b[A-Z][A-Z0-9]{1,9}\b/g),
  identifier: (prompt: string) =>
    match(prompt, /(?<![\w.])#?(?:[A-Za-z]+[-_]?)?\d[\w-]*\b/g).map((id) => id.replace('#', '')),
  email: (prompt: string) => match(prompt, /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g),
  url: (prompt: string) => match(prompt, /\bhttps?:\/\/[^\s"'<>)\]]+/g).map((url) => url.replace(/[.,;:!?]+$/, '')),
  path: (prompt: string) =>
    match(prompt, /(?<![\w/.:])(?:[.~]{0,2}\/)?[\w-]+(?:\/[\w.-]+)*\.[A-Za-z]\w{0,9}\b|(?<![\w/:])\/[\w./-]+/g),
  date: (prompt: string) => match(prompt, /\b\d{4}-\d{2}-\d{2}\b/g),
  clock: (prompt: string) => match(prompt, /\b\d{1,2}:\d{2}(?::\d{2})?\b/g),
  phone: (prompt: string) => match(prompt, /\+?\d[\d ()-]{6,18}\d/g),
  language: (prompt: string) => match(prompt, LANGUAGES),
  expression: findExpressions,
} satisfies Record<string, (prompt: string) => string[]>

/**
 * Reads the facts of what a user said.
 *
 * @param prompts the last one first; an earlier one counts for the kinds of facts that the later ones do not have
 */
export function readFacts(prompts: readonly string[]): PromptFacts {
  const texts = prompts.filter((prompt) => prompt.trim() !== '').map((prompt) => prompt.slice(0, MAX_CHARACTERS))
  const [last = ''] = texts
  const found = new Map<FactKind, readonly string[]>()
  const taken = new Map<FactKind, number>()
  const find = (kind: FactKind): readonly string[] => {
    const known = found.get(kind)
    if (known) return known
    const facts = findFirst(texts, (text) => FINDERS[kind](text))
    found.set(kind, facts)
    return facts
  }
  return {
    text: last.trim().replaceAll(/\s+/g, ' '),
    answer: findKnownAnswer(last)?.short,
    coordinates: findCoordinates(last, find('place')),
    take(kind) {
      const count = taken.get(kind) ?? 0
      taken.set(kind, count + 1)
      return find(kind)[count] ?? find(kind).at(-1)
    },
    remaining: (kind) => Math.max(0, find(kind).length - (taken.get(kind) ?? 0)),
  }
}

/** Returns the facts of the first text that has some. */
function findFirst(texts: readonly string[], find: (text: string) => string[]): string[] {
  for (const text of texts) {
    const facts = find(text)
    if (facts.length > 0) return facts
  }
  return []
}

function match(text: string, pattern: RegExp): string[] {
  return text.match(pattern) ?? []
}

function findNumbers(prompt: string): string[] {
  const words = NUMBER_WORDS.join('|')
  const found = match(
    prompt.toLowerCase().replaceAll(NOT_NUMBERS, ' '),
    new RegExp(`(?<![\\p{L}\\d.])-?\\d{1,15}(?:,\\d{3})*(?:\\.\\d{1,10})?|\\b(?:${words})\\b`, 'gu'),
  )
  return found.map((number) => {
    const word = NUMBER_WORDS.indexOf(number)
    return word === -1 ? number.replaceAll(',', '') : String(word)
  })
}

function findNames(prompt: string): string[] {
  return match(prompt, NAME)
    .map((words) =>
      words
        .split(' ')
        .filter((word) => !NOT_A_NAME.has(word) && !/^[\p{Lu}\d]{2,}$/u.test(word.replace(',', '')))
        .join(' ')
        .replace(/['’]s$/, ''),
    )
    .filter((name) => name !== '')
}

/** Finds known cities in small letters, too: "weather in san francisco". */
function findKnownCities(prompt: string): string[] {
  const spoken = ` ${prompt.toLowerCase().replaceAll(/[^\p{L}]+/gu, ' ')} `
  const found = Object.keys(CITIES).filter((city) => spoken.includes(` ${city} `))
  // "new york city" has "new york", too.
  const longest = found.filter((city) => !found.some((other) => other !== city && other.includes(city)))
  return longest.map((city) => city.replaceAll(/(?<=^| )\p{L}/gu, (letter) => letter.toUpperCase()))
}

/** Finds names after a preposition first, then cities, other names, and words in small letters after "in". */
function findPlaces(prompt: string): string[] {
  const names = match(prompt, NAME)
    .map(trimName)
    .filter((name) => name !== '')
  const isLed = (name: string): boolean =>
    new RegExp(`\\b(?:in|at|near|for|to|from|of|between|and)\\s+${escapePattern(name)}`, 'u').test(prompt)
  const led = names.filter(isLed)
  const inJapanese = match(prompt, /[\p{Script=Han}\p{Script=Katakana}ー]{2,}(?=[のでにへとはが])/gu)
  const small = match(prompt, /(?<=\b(?:in|near|at)\s+)(?!the\b|a\b|an\b|my\b|your\b)\p{Ll}[\p{L}'’-]+/gu).map(
    (word) => word.charAt(0).toUpperCase() + word.slice(1),
  )
  return [led, findKnownCities(prompt), names, inJapanese, small].find((places) => places.length > 0) ?? []
}

function trimName(name: string): string {
  const words = name.split(' ')
  const start = words.findIndex((word) => !NOT_A_NAME.has(word.replace(/['’].*$/, '')))
  return start === -1
    ? ''
    : words
        .slice(start)
        .join(' ')
        .replace(/['’]s$/, '')
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function findCoordinates(prompt: string, places: readonly string[]): Coordinates {
  const pair = /(-?\d{1,2}\.\d+)[^\d-]{1,20}(-?\d{1,3}\.\d+)/.exec(prompt)
  if (pair) return { latitude: Number(pair[1]), longitude: Number(pair[2]) }
  const known = places
    .map((place) => CITIES[place.toLowerCase().replace(/,.*$/, '')])
    .find((city) => city !== undefined)
  const [latitude, longitude] = known ?? DEFAULT_CITY
  return { latitude, longitude }
}
