import { findCrossovers, PATHS, type StackPath, stackCost } from './stack-cost.ts'

const WIDTH = 760
const HEIGHT = 420
const LEFT = 56
const TOP = 16
const RIGHT = 210
const BOTTOM = 44
const MAX_SECONDS = 20
const MAX_USD = 120
const X_STEP = 5
const Y_STEP = 20
const COLORS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b']

const x = (seconds: number) => LEFT + (seconds / MAX_SECONDS) * (WIDTH - LEFT - RIGHT)
const y = (usd: number) => HEIGHT - BOTTOM - (usd / MAX_USD) * (HEIGHT - TOP - BOTTOM)
const millionUsd = (path: StackPath, seconds: number, memoryMb: number) => stackCost(path, { seconds, memoryMb }) * 1e6

/** Draws the cost of the stack for a million calls over the time of a call, as SVG. Dots mark where two ways cost the same. */
export function drawCostChart(memoryMb: number): string {
  const grid = [
    ...steps(MAX_SECONDS, X_STEP).map((seconds) => [
      `<line x1="${x(seconds)}" y1="${TOP}" x2="${x(seconds)}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/>`,
      `<text x="${x(seconds)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${seconds} s</text>`,
    ]),
    ...steps(MAX_USD, Y_STEP).map((usd) => [
      `<line x1="${LEFT}" y1="${y(usd)}" x2="${WIDTH - RIGHT}" y2="${y(usd)}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${y(usd) + 4}" text-anchor="end">$${usd}</text>`,
    ]),
  ].flat()
  const lines = PATHS.map((path, index) => drawLine(path, COLORS[index] ?? '#000', memoryMb))
  const dots = findCrossovers(PATHS, memoryMb, MAX_SECONDS).flatMap(({ seconds, cheaperBefore }) => {
    const path = PATHS.find(({ name }) => name === cheaperBefore) as StackPath
    const place = `cx="${round(x(seconds))}" cy="${round(y(millionUsd(path, seconds, memoryMb)))}"`
    return `<circle ${place} r="3.5" fill="#fff" stroke="#333"/>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Cost of the stack for a million calls, over the time of a call</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    ...grid,
    ...lines,
    ...dots,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">time of a call, functions with ${memoryMb} MB</text>`,
    '</svg>\n',
  ].join('\n')
}

function drawLine(path: StackPath, color: string, memoryMb: number): string {
  const start = millionUsd(path, 0, memoryMb)
  const end = millionUsd(path, MAX_SECONDS, memoryMb)
  // A line that leaves the chart ends at its upper edge.
  const last = end > MAX_USD ? (MAX_SECONDS * (MAX_USD - start)) / (end - start) : MAX_SECONDS
  const [endX, endY] = [round(x(last)), round(y(Math.min(end, MAX_USD)))]
  return [
    `<line x1="${x(0)}" y1="${round(y(start))}" x2="${endX}" y2="${endY}" stroke="${color}" stroke-width="2"/>`,
    `<text x="${round(endX + 6)}" y="${round(endY + 4)}" fill="${color}">${path.name.replaceAll('&', '&amp;')}</text>`,
  ].join('\n')
}

function steps(max: number, step: number): number[] {
  return Array.from({ length: max / step + 1 }, (_, index) => index * step)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
