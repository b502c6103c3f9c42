/** Words that say nothing about a subject: of grammar, of requests, and of tools in general. */
const INSIGNIFICANT: ReadonlySet<string> = new Set(
  (
    'a about after all also am an and any are as at be been before both but by can could current currently data did do ' +
    'does each else every few for from function get given gives had has have here how i if in info information input is ' +
    'it its just know like me might more most much must my need no not now of on one only or other our output over please ' +
    'provide provided provides result return returned returns shall should so some string such tell than that the their ' +
    'them then there these they this those to today too tool use used user uses using value very via want was we were ' +
    'what when where whether which who whom whose why will with would yes you your ' +
    'call called calls fetch fetches getting got give gets helper let lets show thanks thank'
  ).split(' '),
)

/** Words of many tools and many prompts. Alone they do not show which tool a prompt needs. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  (
    'available best content contents day detail details first good item items last latest message name names new number ' +
    'numbers people question task text thing things way word words ' +
    'answer ask check close compute create delete edit execute find generate list load look lookup make open perform ' +
    'process query read remove request retrieve run save search send set start stop store update view write'
  ).split(' '),
)

/** Words that a prompt means without saying them. */
const IMPLIED: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /\b(forecast|temperature|umbrella|warm(er|est)|cold(er|est)|hott(er|est)|raining|rainy|snowing|snowy|sunny)\b|天気|天候|気温/i,
    ['weather'],
  ],
  [/\bo'?clock\b|\bwhat time\b|時刻|何時/i, ['time']],
  [/\d\s*[*×]\s*\d|\d\s+(times|multiplied by)\s+\d/i, ['multiply', 'product', 'calculator', 'calculate', 'math']],
  [/\d\s*\+\s*\d|\d\s+plus\s+\d/i, ['add', 'sum', 'calculator', 'calculate', 'math']],
  [/\d\s+[-−]\s+\d|\d\s+minus\s+\d/i, ['subtract', 'difference', 'calculator', 'calculate', 'math']],
  [/\d\s+[/÷]\s+\d|\d\s+divided by\s+\d/i, ['divide', 'quotient', 'calculator', 'calculate', 'math']],
  [/\bsquare root\b|\d\s*\^\s*\d/i, ['calculator', 'calculate', 'math']],
]

/** Runs of one script. Hiragana is grammar in Japanese, so it only separates words. */
const WORD =
  /\p{Script=Han}{2,}|[\p{Script=Katakana}ー]{2,}|(?:(?![\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}ー])[\p{L}\p{N}\p{M}])+/gu

/** Words of the same stem agree in this many first letters at least. */
const MIN_STEM = 5

/** Words of the same stem differ in this many last letters at most. */
const MAX_ENDING = 3

/** Limit of the words of a prompt. Later ones are not read. */
const MAX_WORDS = 2_000

/** Splits a text into its words in lower case: `getWeather_forCity` gives get, weather, for, city. */
export function splitWords(text: string): string[] {
  return (text.replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2').match(WORD) ?? []).map((word) => word.toLowerCase())
}

/** Splits a text into the words that say something about its subject, each once. */
export function findSignificantWords(text: string): string[] {
  return [...new Set(splitWords(text))].filter((word) => !INSIGNIFICANT.has(word))
}

export function isCommonWord(word: string): boolean {
  return COMMON_WORDS.has(word)
}

export interface SpokenWords {
  /** Tests whether the prompt has the word, in any form: `calculate` for `calculator`. */
  has(word: string): boolean
  /** Tests whether the prompt has the words in a row. */
  hasPhrase(words: readonly string[]): boolean
}

/** Indexes the words of a prompt. */
export function indexWords(prompt: string): SpokenWords {
  const spoken = splitWords(prompt).slice(0, MAX_WORDS)
  const implied = IMPLIED.flatMap(([pattern, words]) => (pattern.test(prompt) ? words : []))
  const byStart = new Map<string, Set<string>>()
  for (const word of [...spoken, ...implied]) {
    const start = toSingular(word).slice(0, MIN_STEM)
    byStart.set(start, (byStart.get(start) ?? new Set()).add(toSingular(word)))
  }
  const phrase = ` ${spoken.join(' ')} `
  return {
    has(word) {
      const singular = toSingular(word)
      const similar = byStart.get(singular.slice(0, MIN_STEM)) ?? []
      return [...similar].some((other) => isSameStem(singular, other))
    },
    hasPhrase: (words) => words.length > 0 && phrase.includes(` ${words.join(' ')} `),
  }
}

function toSingular(word: string): string {
  if (word.length > 4 && word.endsWith('ies')) return `${word.slice(0, -3)}y`
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function isSameStem(one: string, other: string): boolean {
  if (one === other) return true
  const longest = Math.max(one.length, other.length)
  let common = 0
  while (common < longest && one[common] === other[common]) common += 1
  return common >= MIN_STEM && longest - common <= MAX_ENDING
}
