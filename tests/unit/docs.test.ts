import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { drawCostChart } from '../../scripts/cost/cost-chart.ts'
import { USUAL_CALL, withStackCost } from '../../scripts/cost/cost-table.ts'
import { withDoorTables } from '../../scripts/door-tables.ts'
import { withInertTable } from '../../scripts/inert-table.ts'
import { withServedTable } from '../../scripts/served-table.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DOCS = join(ROOT, 'docs')
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'local/bedrock/README.md', 'local/s3/README.md'].map((path) => join(ROOT, path)),
  ...readdirSync(DOCS).map((name) => join(DOCS, name)),
].filter((path) => path.endsWith('.md'))

test('docs/local.md lists the parts that the code ignores; npm run docs updates it', () => {
  const text = readFileSync(join(DOCS, 'local.md'), 'utf8')
  expect(text).toBe(withInertTable(text))
  expect(text).toContain('| AWS::IAM::Role |')
})

test('docs/emulator.md lists the families that the emulator serves; npm run docs updates it', () => {
  const text = readFileSync(join(DOCS, 'emulator.md'), 'utf8')
  expect(text).toBe(withServedTable(text))
  expect(text).toContain('| Amazon Rerank | `amazon.rerank-` | InvokeModel |')
  expect(text).toMatch(/`amazon\.nova-sonic`.*InvokeModelWithBidirectionalStream/)
  expect(text).toMatch(/`ai21\.j2`.*\*\*not served\*\*/)
})

test('docs/front-doors.md has the members and errors of the code; npm run docs updates it', () => {
  const text = readFileSync(join(DOCS, 'front-doors.md'), 'utf8')
  expect(text).toBe(withDoorTables(text))
  expect(text).toContain('| `temperature` | mapped | inferenceConfig.temperature; above 1 is refused |')
  expect(text).toMatch(/`ModelErrorException` \(424\) \| 500 `api_error`, not retried \| 502 `server_error`/)
})

test('docs/cost.md and its chart have the costs of the code; npm run docs updates them', () => {
  const text = readFileSync(join(DOCS, 'cost.md'), 'utf8')
  expect(text).toBe(withStackCost(text))
  expect(text).toMatch(/\| \*\*sum\*\* \| \*\*15\.45\*\* \| \*\*12\.05\*\*/)
  expect(readFileSync(join(DOCS, 'cost.svg'), 'utf8')).toBe(drawCostChart(USUAL_CALL.memoryMb))
})

test.each(pages)('the links of %s exist', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link ?? '')
  expect(links.filter((link) => !existsSync(join(dirname(page), link)))).toEqual([])
})
