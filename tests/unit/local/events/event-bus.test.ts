import { createEventBus, type Delivery, type EventBridgeEvent } from '../../../../local/events/index.ts'
import type { EventRuleModel, RuleTargetModel } from '../../../../local/template/model.ts'
import { OWNER, rule, target } from './support.ts'

const EVENT: EventBridgeEvent = {
  version: '0',
  id: 'event',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: OWNER.accountId,
  time: '2026-01-01T00:00:00Z',
  region: OWNER.region,
  resources: ['arn:aws:s3:::jobs'],
  detail: { bucket: { name: 'jobs' }, object: { key: 'inbox/ä b+c' } },
}
const pattern = { source: ['aws.s3'] }

function createBus(rules: readonly EventRuleModel[], refuses: (target: RuleTargetModel) => boolean = () => false) {
  const deliveries: { to: string; payload: string; id: string }[] = []
  const dropped: string[] = []
  const published: string[] = []
  const bus = createEventBus({
    rules,
    ...OWNER,
    async deliver(to: RuleTargetModel, payload: string, { id }: Delivery) {
      if (refuses(to)) throw new Error('not now')
      deliveries.push({ to: to.resource, payload, id })
    },
    onDropped: ({ resource }) => dropped.push(resource),
    onPublished: ({ detailType }) => published.push(detailType),
  })
  return { bus, deliveries, dropped, published, names: () => deliveries.map(({ to }) => to) }
}

test('every enabled rule of the bus that matches delivers the event to all of its targets', async () => {
  const { bus, names } = createBus([
    rule('One', { pattern, targets: [target('A'), target('B')] }),
    rule('Two', { pattern: { detail: { object: { key: [{ prefix: 'inbox/' }] } } }, targets: [target('C')] }),
    rule('Other', { pattern: { source: ['aws.ec2'] }, targets: [target('D')] }),
    rule('Off', { pattern, enabled: false, targets: [target('E')] }),
    rule('OtherBus', { pattern, eventBusName: 'mine', targets: [target('F')] }),
    rule('Scheduled', { schedule: 'rate(1 minute)', targets: [target('G')] }),
  ])
  await bus.accept(EVENT)
  expect(names()).toEqual(['A', 'B', 'C'])
  await bus.accept(EVENT, 'mine')
  expect(names()).toEqual(['A', 'B', 'C', 'F'])
  await bus.accept(EVENT, 'nowhere')
  expect(names()).toHaveLength(4)
})

test.each<[Partial<RuleTargetModel>, string]>([
  [{}, JSON.stringify(EVENT)],
  [{ input: '{"a": 1}' }, '{"a": 1}'],
  [{ inputPath: '$' }, JSON.stringify(EVENT)],
  [{ inputPath: '$.detail' }, JSON.stringify(EVENT.detail)],
  [{ inputPath: '$.detail.object.key' }, '"inbox/ä b+c"'],
  [{ inputPath: "$['detail-type']" }, '"Object Created"'],
  [{ inputPath: '$.resources[0]' }, '"arn:aws:s3:::jobs"'],
  [{ inputPath: '$.detail.nothing.there' }, 'null'],
])('a target with %j receives %s', async (input, payload) => {
  const { bus, deliveries } = createBus([rule('Rule', { pattern, targets: [target('A', input)] })])
  await bus.accept(EVENT)
  expect(deliveries.map((delivery) => delivery.payload)).toEqual([payload])
})

test('a repeated delivery keeps its id, and different deliveries have different ids', async () => {
  const { bus, deliveries } = createBus([
    rule('One', { pattern, targets: [target('A'), target('B')] }),
    rule('Two', { pattern, targets: [target('A')] }),
  ])
  await bus.accept(EVENT)
  await bus.accept({ ...EVENT, id: 'other' })
  expect(new Set(deliveries.map(({ id }) => id)).size).toBe(6)
  const ids = deliveries.slice(0, 3).map(({ id }) => id)
  await bus.accept(EVENT)
  expect(deliveries.slice(6).map(({ id }) => id)).toEqual(ids)
})

test('accept rejects when a target fails, after it has tried the others', async () => {
  let refused = 'B'
  const targets = ['A', 'B', 'C'].map((id) => target(id))
  const { bus, names } = createBus([rule('Rule', { pattern, targets })], ({ id }) => id === refused)
  await expect(bus.accept(EVENT)).rejects.toThrow('1 of 3 targets did not take event event: not now')
  expect(names()).toEqual(['A', 'C'])
  refused = ''
  await bus.accept(EVENT)
  expect(names()).toEqual(['A', 'C', 'A', 'B', 'C'])
})

test('an event over the limit of all targets is dropped without an error', async () => {
  const { bus, names, dropped } = createBus([
    rule('Rule', { pattern, targets: [target('Whole'), target('Part', { inputPath: '$.source' })] }),
  ])
  await bus.accept({ ...EVENT, detail: { text: 'x'.repeat(1_048_576) } })
  expect([names(), dropped]).toEqual([['Part'], ['Whole']])
})

test('publish creates an event with a new id, the account and the region', async () => {
  const { bus, deliveries } = createBus([rule('Rule', { pattern: { source: ['mine'] } })])
  const time = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
  const id = await bus.publish({ source: 'mine', detailType: 'Done', detail: { a: 1 }, resources: ['r'], time })
  expect(JSON.parse(deliveries[0]?.payload ?? '')).toEqual({
    version: '0',
    id,
    'detail-type': 'Done',
    source: 'mine',
    account: OWNER.accountId,
    time: '2026-01-02T03:04:05Z',
    region: OWNER.region,
    resources: ['r'],
    detail: { a: 1 },
  })
})

test.each<[Partial<EventRuleModel>, string]>([
  [{ pattern: { source: [{ regex: 'x' }] } }, 'Rule.EventPattern.source: the operator "regex" is not supported'],
  [{ pattern: { source: [{ regex: 'x' }] }, enabled: false }, 'the operator "regex" is not supported'],
  [{ pattern, targets: [target('A', { input: '{' })] }, 'Rule.Targets.A.Input: not JSON'],
  [{ pattern, targets: [target('A', { inputPath: '$.a[*]' })] }, 'Rule.Targets.A.InputPath: $.a[*] is not a path'],
  [{ pattern, targets: [target('A', { inputPath: 'detail' })] }, 'detail is not a path'],
])('a rule with %j is refused', (wrong, message) => {
  expect(() => createBus([rule('Rule', wrong)])).toThrow(message)
})

test('onPublished is called for published events only, once every target has them', async () => {
  let isReady = false
  const { bus, published } = createBus([rule('Rule', { pattern: { source: ['app'] } })], () => !isReady)
  const draft = { source: 'app', detailType: 'Done', detail: {}, resources: [], time: 0 }
  await expect(bus.publish(draft)).rejects.toThrow('not now')
  expect(published).toEqual([])
  isReady = true
  await bus.accept(EVENT)
  await bus.publish(draft)
  expect(published).toEqual(['Done'])
})
