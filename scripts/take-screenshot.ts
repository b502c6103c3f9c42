import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { startStack } from '../tests/support/start-stack.ts'

const TARGET = join(import.meta.dirname, '..', 'docs', 'page.png')

/** Takes the README's picture of the page from a stack of its own. Needs Chromium (apt-get install chromium). */
async function main(): Promise<void> {
  const stack = await startStack()
  try {
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
    const page = await browser.newPage({ viewport: { width: 1000, height: 620 }, colorScheme: 'light' })
    await page.goto(stack.api)
    await page.getByLabel('Compare two models').check()
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('What is the capital of France?')
    await page.keyboard.press('Enter')
    await page.getByText('The answer is complete').nth(1).waitFor()
    await page.screenshot({ path: TARGET })
    await browser.close()
  } finally {
    await stack.stop()
  }
  console.log(`Wrote ${TARGET}`)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
