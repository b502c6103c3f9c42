import type { Budget } from '../../../layers/runtime/src/pipeline/usage/budget.ts'
import { parseBudgetsCommandLine } from '../../../scripts/budgets/command-line.ts'
import { runBudgetsCommand } from '../../../scripts/budgets/run-budgets-command.ts'
import { parseKeysCommandLine } from '../../../scripts/keys/command-line.ts'

const parse = (text: string) => parseBudgetsCommandLine(text.split(' '))

test('amounts for a day and a month make a budget', () => {
  expect(parse('set key:a1 50/month 0.5/day --local --port 4000')).toEqual({
    command: 'set',
    budget: { of: 'key:a1', perMonth: 50, perDay: 0.5, allowsUnpriced: false },
    place: { kind: 'local', port: 4000 },
  })
  expect(parse('set stack 1000/month --allow-unpriced --stack prod --region eu-central-1')).toEqual({
    command: 'set',
    budget: { of: 'stack', perMonth: 1000, allowsUnpriced: true },
    place: { kind: 'stack', stack: 'prod', region: 'eu-central-1' },
  })
  expect(parse('list')).toMatchObject({ command: 'list', place: { stack: 'bedrock-functions' } })
  expect(parse('--help')).toBeUndefined()
})

test.each([
  ['spend', 'There is no command spend.'],
  ['set', 'set needs a caller.'],
  ['set key:a1', 'set needs an amount, such as 50/month.'],
  ['set key:a1 50', '"50" is not an amount: give US dollars and a period, 50/month or 0.5/day.'],
  ['set key:a1 50/year', '"50/year" is not an amount'],
  ['set key:a1 0/month', '0/month: a budget is above 0 and at most 1000000000 dollars.'],
  ['set key:a1 1/day 2/day', 'Give one amount for each period, without 2/day.'],
  ['set key=a1 1/day', '"key=a1" is not a caller.'],
  ['remove key:a1 1/day', 'Remove one budget at a time, without 1/day.'],
  ['list key:a1', 'list takes no caller.'],
  ['list --allow-unpriced', '--allow-unpriced needs the command set.'],
  ['list --port 1', '--port needs --local.'],
])('%j is refused with its problem', (words, problem) => {
  expect(() => parse(words)).toThrow(problem)
})

test('a new key can have a budget, where the stack has a table', () => {
  const keys = (text: string) => parseKeysCommandLine(text.split(' '))
  expect(keys('create bob --budget 50/month --budget 5/day')).toMatchObject({
    budget: { perMonth: 50, perDay: 5, place: { kind: 'stack', stack: 'bedrock-functions' } },
  })
  expect(keys('create bob --local --budget 50/month')).toMatchObject({
    budget: { place: { kind: 'local', port: 3000 } },
  })
  expect(keys('create bob')).not.toHaveProperty('budget')
  expect(() => keys('list --budget 50/month')).toThrow('--budget needs the command create or rotate.')
  expect(() => keys('create bob --budget 50/month --usage-plan p')).toThrow('--budget needs --stack')
  expect(() => keys('create bob --budget 50')).toThrow('"50" is not an amount')
})

test('the list has the budgets, and what keys and the stack have spent', async () => {
  const budgets: Budget[] = [
    { of: 'key:a1', perMonth: 50, perDay: 5, allowsUnpriced: false },
    { of: 'role/*', perMonth: 20, allowsUnpriced: true },
    { of: 'stack', perMonth: 1000, allowsUnpriced: false },
  ]
  const table = {
    readBudgets: async () => budgets,
    readSpent: async (caller?: string) => (caller ? { day: 1.5, month: 12 } : { day: 20, month: 300 }),
    setBudget: async (budget: Budget) => void budgets.push(budget),
    removeBudget: async () => {},
  }
  const place = { kind: 'local', port: 3000 } as const
  expect(await runBudgetsCommand({ command: 'list', place }, table)).toBe(
    [
      'key:a1  50/month, 5/day; spent: 12 this month, 1.5 today',
      'role/*  20/month, models without a known price are allowed',
      'stack  1000/month; spent: 300 this month, 20 today',
    ].join('\n'),
  )
  await expect(runBudgetsCommand({ command: 'remove', of: 'key:b', place }, table)).rejects.toThrow(
    'key:b has no budget.',
  )
})
