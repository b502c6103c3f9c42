import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { hasChromium, launchBrowser, type OpenPage, openPage, testInBrowserOf } from '../support/browser.ts'
import { ask, lastAnswer, promptBox, RECORDS_FILE, violations } from '../support/page.ts'
import { type RunningStack, startStack } from '../support/start-stack.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const testInBrowser = testInBrowserOf('page.test.ts')

let stack: RunningStack
let browser: Browser

beforeAll(async () => {
  stack = await startStack()
  if (hasChromium) browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await stack.stop()
})

const open = (options: Parameters<Browser['newPage']>[0] = {}): Promise<OpenPage> =>
  openPage(browser, stack.api.replace('127.0.0.1', 'localhost'), options)

testInBrowser.each([400, 1400])(
  'chat, jobs, workflow and activity are usable by keys and clicks at %i px, without a violation of axe, dark and light',
  async (width) => {
    const { page, problems, hosts } = await open({ viewport: { width, height: 900 } })
    await ask(page, 'What is the capital of France?')
    expect(await lastAnswer(page).textContent()).toMatch(/Paris.*tokens in.*\$0\.0/)
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Jobs' }).press('Enter')
    await page.getByRole('textbox', { name: 'Prompt of the job' }).fill('Write a story')
    await page.getByRole('button', { name: 'Start', exact: true }).press('Enter')
    await page.locator('[aria-pressed=true] b', { hasText: 'Completed' }).waitFor()
    await page.getByRole('definition').filter({ hasText: 'output.json' }).waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByLabel('Start from a .jsonl file').setInputFiles(RECORDS_FILE)
    await page
      .getByText(/Completed.*1 of 1 records, 0 errors/)
      .first()
      .waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Workflow' }).press('Enter')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('"status": "Completed"').first().waitFor()
    await page.getByRole('img', { name: /This run entered .*ConverseDirectly/ }).waitFor()
    await page.getByText('ConverseDirectly Task').click()
    await page.getByText('Output of ConverseDirectly').waitFor()
    expect(await violations(page)).toEqual([])

    await page.getByRole('link', { name: 'Activity' }).press('Enter')
    await page
      .getByRole('button', { name: /converse-stream/ })
      .first()
      .click()
    await page.getByText('Time in Bedrock').waitFor()
    await page.getByRole('row', { name: /claude-sonnet-4-6/ }).waitFor()
    expect(await violations(page)).toEqual([])

    // Nothing but the list of jobs may be wider than a small screen.
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0)
    expect(problems).toEqual([])
    expect([...hosts]).toEqual(expect.not.arrayContaining([expect.not.stringMatching(/^(localhost|127\.0\.0\.1)$/)]))
    await page.close()
  },
  60_000,
)

testInBrowser(
  'a chat keeps its turns, answers with tools, shows reasoning apart and compares two models',
  async () => {
    const { page, problems } = await open()
    await page.getByText('System text, parameters and tools').click()
    const tool = { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object', properties: {} } } } }
    await page.getByLabel(/^Tools/).fill(JSON.stringify([tool]))
    await page.getByLabel('Max tokens').fill('4000')
    await page.getByLabel(/^Additional fields/).fill('{"thinking":{"type":"enabled","budget_tokens":1024}}')
    await ask(page, 'Which weather? [emulator:tool=weather]')
    expect(await lastAnswer(page).textContent()).toContain('Uses weather')
    await page.getByLabel('Result of weather').fill('Sunny')
    await page.getByRole('button', { name: 'Send results' }).click()
    await page.getByRole('article', { name: 'Answer' }).nth(1).waitFor()
    await page.getByText('Reasoning', { exact: true }).first().waitFor()

    await page.getByRole('button', { name: 'New chat' }).click()
    await page.getByLabel(/^Tools/).fill('')
    await page.getByLabel(/^Additional fields/).fill('')
    await page.getByLabel('Compare two models').check()
    await ask(page, 'Hello')
    await page.getByText('The answer is complete').nth(1).waitFor()
    expect(await page.getByRole('region', { name: /^Conversation with/ }).count()).toBe(2)
    expect(problems).toEqual([])
    await page.close()
  },
  60_000,
)

testInBrowser(
  'a stream stops at the button, and a fault shows its name',
  async () => {
    const { page } = await open()
    await promptBox(page).fill('Slowly [emulator:tokens=1000] [emulator:rate=20]')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('article .text', { hasText: /\w/ }).nth(1).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('The answer ended with Stopped.').waitFor()
    await page.getByText('Faults of the emulator').click()
    await page.getByRole('button', { name: 'exception=throttlingException@3' }).click()
    await page.keyboard.press('Enter')
    await page.getByText('The answer ended with throttlingException.').waitFor()
    await page.close()
  },
  60_000,
)

const HOSTILE = [
  '<img src=x onerror="document.title=1">',
  '<script>document.title=1</script>',
  '</script><script>document.title=1</script>',
  'data:text/html,<script>document.title=1</script>',
  '&lt;b&gt; &#60;',
]

testInBrowser(
  'text of a model stays text: HTML, scripts, control characters and changes of direction',
  async () => {
    const { page, problems } = await open()
    await ask(page, `[emulator:say=${HOSTILE.join(' ')} \u202eabc\u0007]`)
    const text = (await lastAnswer(page).locator('.text').textContent()) ?? ''
    for (const hostile of HOSTILE) expect(text).toContain(hostile)
    expect(text).toContain('\\u202eabc\\u0007')
    expect(await page.title()).toBe('bedrock-functions')
    expect(problems).toEqual([])
    await page.close()
  },
  60_000,
)

testInBrowser(
  'a long answer and a long list have few elements',
  async () => {
    const { page } = await open()
    await page.getByText('System text, parameters and tools').click()
    await page.getByLabel('Max tokens').fill('20000')
    await ask(page, 'Go on [emulator:tokens=20000]')
    // The page's policy lets no test poll inside of it. The rest of a fast answer is drawn frame by frame.
    while (((await lastAnswer(page).locator('.text').textContent()) ?? '').length < 80_000);
    expect(await lastAnswer(page).locator('*').count()).toBeLessThan(100)
    await page.getByText(/^Raw events/).click()
    expect(await page.getByRole('region', { name: 'Raw events' }).getByRole('listitem').count()).toBeLessThan(40)

    await Promise.all(Array.from({ length: 300 }, () => fetch(`${stack.api}/no-such-route`)))
    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByRole('heading', { name: /Requests \(3\d\d\)/ }).waitFor()
    expect(
      await page
        .getByRole('region', { name: /^Requests/ })
        .getByRole('listitem')
        .count(),
    ).toBeLessThan(40)
    await page.close()
  },
  60_000,
)

testInBrowser(
  'the shown requests run: curl and the SDK for JavaScript',
  async () => {
    const { page } = await open()
    await ask(page, "What's 1 + 1?")
    await page.getByText('Show request').click()
    const snippet = async (language: string) => {
      await page.getByLabel('Language').selectOption(language)
      return (await page.getByRole('region', { name: `Request in ${language}` }).textContent()) ?? ''
    }
    const run = promisify(execFile)
    expect((await run('bash', ['-c', await snippet('curl')])).stdout).toContain('event: messageStop')
    const script = ['--input-type=module', '--eval', await snippet('JavaScript')]
    expect((await run(process.execPath, script, { cwd: ROOT })).stdout).toContain('text:')
    expect(await snippet('openai')).toContain('"What\'s 1 + 1?"')
    await page.close()
  },
  60_000,
)

test('the page and its local routes answer only a browser of this machine', async () => {
  const page = await fetch(stack.api, { headers: { accept: 'text/html' } })
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'sha256-/)
  expect((await fetch(stack.api)).status).toBe(403)
  expect((await fetch(`${stack.api}/_local/stack`)).status).toBe(200)
  const otherName = await promisify(execFile)('curl', [
    ...['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'host: evil.example'],
    `${stack.api}/_local/stack`,
  ])
  expect(otherName.stdout).toBe('403')
})
