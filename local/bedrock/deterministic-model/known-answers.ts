import { evaluate, findExpressions } from './arithmetic.ts'

export interface KnownAnswer {
  /** Answer to prompts that ask for one word. */
  readonly short: string
  readonly full: string
}

/** Common first questions to a model, with their right answers. */
const KNOWN_ANSWERS: readonly (KnownAnswer & { readonly question: RegExp })[] = [
  {
    question: /日本.{0,6}(一番|最も|もっとも)高い山|日本の最高峰/,
    short: '富士山',
    full: '日本で一番高い山は富士山です。標高は3,776メートルで、静岡県と山梨県にまたがっています。',
  },
  {
    question: /(highest|tallest) mountain (in|of) japan/i,
    short: 'Fuji',
    full: 'The highest mountain in Japan is Mount Fuji (富士山). It rises 3,776 metres above sea level.',
  },
  {
    question: /(highest|tallest) mountain (in|of|on) (the )?(world|earth)/i,
    short: 'Everest',
    full: 'The highest mountain on Earth is Mount Everest. Its summit is 8,849 metres above sea level.',
  },
  {
    question: /世界.{0,6}(一番|最も|もっとも)高い山/,
    short: 'エベレスト',
    full: '世界で一番高い山はエベレストです。標高は8,849メートルです。',
  },
  { question: /日本の首都/, short: '東京', full: '日本の首都は東京です。' },
  { question: /フランスの首都/, short: 'パリ', full: 'フランスの首都はパリです。' },
  { question: /capital (city )?of france/i, short: 'Paris', full: 'The capital of France is Paris.' },
  { question: /capital (city )?of japan/i, short: 'Tokyo', full: 'The capital of Japan is Tokyo.' },
  { question: /capital (city )?of germany/i, short: 'Berlin', full: 'The capital of Germany is Berlin.' },
  { question: /capital (city )?of italy/i, short: 'Rome', full: 'The capital of Italy is Rome.' },
  { question: /capital (city )?of spain/i, short: 'Madrid', full: 'The capital of Spain is Madrid.' },
  {
    question: /capital (city )?of (the )?(uk|united kingdom|england)/i,
    short: 'London',
    full: 'The capital is London.',
  },
  {
    question: /what is (amazon )?bedrock/i,
    short: 'AWS',
    full: 'Amazon Bedrock is an AWS service that gives access to foundation models of several providers through one API.',
  },
  {
    question: /^\W*(hello|hi|hey|good (morning|evening|afternoon))\b/i,
    short: 'Hello',
    full: 'Hello! How can I help you today?',
  },
  {
    question: /^\s*(こんにちは|おはよう|こんばんは|はじめまして)/,
    short: 'こんにちは',
    full: 'こんにちは!今日はどのようなご用件でしょうか。',
  },
]

/** Finds the answer to a known question or a calculation; undefined for any other. */
export function findKnownAnswer(prompt: string): KnownAnswer | undefined {
  return KNOWN_ANSWERS.find(({ question }) => question.test(prompt)) ?? calculate(prompt)
}

function calculate(prompt: string): KnownAnswer | undefined {
  const [expression = ''] = findExpressions(prompt)
  const result = evaluate(expression)
  return result === undefined ? undefined : { short: String(result), full: `${expression} = ${result}.` }
}
