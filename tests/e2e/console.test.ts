import type { Browser } from 'playwright-core'
import { hasChromium, launchBrowser, type OpenPage, openPage, testInBrowserOf } from '../support/browser.ts'
import { createKey } from '../support/create-key.ts'
import { ask, lastAnswer, RECORDS_FILE, violations } from '../support/page.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const testInBrowser = testInBrowserOf('console.test.ts')

let stack: RunningStack
let key: string
let browser: Browser

beforeAll(async () => {
  stack = await startStack({
    arguments: ['--region', 'eu-central-1', '--auth', 'key', '--parameter-overrides', 'Console=ON', 'UsageLedger=ON'],
  })
  key = await createKey(stack, 'visitor')
  if (hasChromium) browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await stack.stop()
})

const NOTES = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Buy milk') }

const open = (options: Parameters<Browser['newPage']>[0] = {}): Promise<OpenPage> =>
  openPage(browser, `${stack.api.replace('127.0.0.1', 'localhost')}/console`, options)

async function enterKey({ page }: OpenPage, text: string): Promise<void> {
  await page.getByLabel('API key').fill(text)
  await page.keyboard.press('Enter')
}

testInBrowser(
  'a visitor with a key chats, starts jobs and batches and runs the workflow',
  async () => {
    const opened = await open({ viewport: { width: 400, height: 900 } })
    const { page, problems, hosts } = opened
    expect(await page.getByRole('textbox').count()).toBe(1)
    expect(await violations(page)).toEqual([])

    await enterKey(opened, key)
    await ask(page, 'What is the capital of France?')
    expect(await lastAnswer(page).textContent()).toMatch(/Paris.*tokens in.*\$0\.0/)
    // Activity, faults and the picture of the workflow are only of the local stack.
    expect(await page.getByRole('link').allTextContents()).toEqual(['Chat', 'Jobs', 'Workflow', 'Usage'])
    expect(await page.getByText('Faults of the emulator').count()).toBe(0)

    await page.getByRole('link', { name: 'Jobs' }).press('Enter')
    await page.getByLabel('Upload files').setInputFiles(NOTES)
    await page.getByRole('list', { name: 'Uploads' }).waitFor()
    await page.getByRole('textbox', { name: 'Prompt of the job' }).fill('What must I buy?')
    await page.getByRole('button', { name: 'Start', exact: true }).press('Enter')
    await page.getByRole('definition').filter({ hasText: 'output.json' }).waitFor()
    await page.getByLabel('Start from a .jsonl file').setInputFiles(RECORDS_FILE)
    await page
      .getByText(/Completed.*1 of 1 records, 0 errors/)
      .first()
      .waitFor()

    await page.getByRole('link', { name: 'Workflow' }).press('Enter')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('"status": "Completed"').first().waitFor()
    expect(await page.getByRole('region', { name: 'State machine' }).count()).toBe(0)
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Usage' }).press('Enter')
    const own = page.getByRole('region', { name: 'Your usage' })
    await own.getByText(/^key:\S+: \d+ calls, \$0\.0/).waitFor()
    await own.getByRole('row', { name: new Date().toISOString().slice(0, 10) }).waitFor()
    await own.getByLabel('By').selectOption('model')
    await own.getByRole('row', { name: /claude-sonnet-4-6/ }).waitFor()
    expect(await violations(page)).toEqual([])
    // A visitor is no operator, and is told so.
    await page.getByRole('button', { name: 'Show all callers' }).click()
    await page.getByRole('alert').filter({ hasText: 'UsageOperators' }).waitFor()

    expect(problems).toEqual([expect.stringContaining('403')])
    expect([...hosts].sort()).toEqual(['127.0.0.1', 'localhost'])
    await page.close()
  },
  60_000,
)

testInBrowser(
  'the key is only in memory: not in the address, a cookie or storage, and a reload asks for it again',
  async () => {
    const opened = await open()
    const { page } = opened
    await enterKey(opened, 'x'.repeat(40))
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('textbox').count()).toBe(1)

    await enterKey(opened, key)
    await ask(page, 'Hello')
    expect(page.url()).toBe(`${stack.api.replace('127.0.0.1', 'localhost')}/console`)
    const kept = await page.evaluate(
      '[document.cookie, localStorage.length, sessionStorage.length, history.state].join()',
    )
    expect(kept).toBe(',0,0,')
    expect(await page.context().storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] })

    await page.reload()
    expect(await page.getByLabel('API key').inputValue()).toBe('')
    expect(await page.getByRole('textbox').count()).toBe(1)
    await page.close()
  },
  60_000,
)

/** Address that API Gateway gives an API with the stage v1. */
const DEPLOYED = 'https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1'

testInBrowser(
  'at the address of a deployed API the page calls below its stage, uploads to the bucket and shows requests for it',
  async () => {
    const page = await browser.newPage()
    // The bucket is on this machine; a browser asks its user about that.
    await page.context().grantPermissions(['local-network-access'])
    const problems: string[] = []
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.route(`${DEPLOYED}/**`, async (route) => {
      const url = route.request().url().replace(DEPLOYED, stack.api)
      await route.fulfill({ response: await route.fetch({ url }) })
    })
    await page.goto(`${DEPLOYED}/console`)
    await enterKey({ page, problems, hosts: new Set() }, key)
    await ask(page, 'What is the capital of France?')
    expect(await lastAnswer(page).textContent()).toContain('Paris')
    await page.getByText('Show request').click()
    await page.getByLabel('Language').selectOption('boto3')
    const shown = await page.getByRole('region', { name: 'Request in boto3' }).textContent()
    expect(shown).toContain(`endpoint_url="${DEPLOYED}", region_name="eu-central-1"`)
    expect(shown).not.toContain(key)

    await page.getByRole('link', { name: 'Jobs' }).click()
    await page.getByLabel('Upload files').setInputFiles(NOTES)
    await page.getByRole('list', { name: 'Uploads' }).waitFor()
    expect(problems).toEqual([])
    await page.close()
  },
  60_000,
)

test('the page is compressed for browsers, allows no other origin but the bucket, and is not sent again unchanged', async () => {
  const address = `${stack.api}/console`
  const headersFor = async (headers: Record<string, string>) => {
    const response = await fetch(address, { headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const plain = await headersFor({ 'accept-encoding': 'identity' })
  const compressed = await headersFor({ 'accept-encoding': 'gzip, deflate, br' })
  expect([plain.status, compressed.status]).toEqual([200, 200])
  expect(plain.headers.get('content-encoding')).toBeNull()
  expect(compressed.headers.get('content-encoding')).toBe('gzip')
  expect(compressed.text).toBe(plain.text)
  expect(plain.headers.get('content-security-policy')).toMatch(
    new RegExp(`^default-src 'none'; script-src 'sha256-[^;]*'; style-src 'sha256-.*; connect-src 'self' ${stack.s3}$`),
  )
  const etag = plain.headers.get('etag') ?? ''
  const again = await headersFor({ 'if-none-match': etag })
  expect([again.status, again.text]).toEqual([304, ''])
})

test('pages of APIs of the Region may upload to the bucket, and no others', async () => {
  const statusFor = async (origin: string) => {
    const headers = { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' }
    return (await fetch(`${stack.s3}/local-jobsbucket/uploads/x`, { method: 'OPTIONS', headers })).status
  }
  expect(await statusFor(new URL(DEPLOYED).origin)).toBe(200)
  expect(await statusFor('https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com')).toBe(403)
  expect(await statusFor('https://example.com')).toBe(403)
})
