import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSeeds } from '../../src/knowledge/read-seeds.ts'
import { gradeSource, reportContent } from '../../src/knowledge/report-content.ts'

const { items } = await readSeeds('seeds')

test('the report counts every published item and draft once, and names what each draft lacks', () => {
  const report = reportContent(items, '2026-11-22')
  const all = report.counts.reduce((sum, { published, drafts }) => sum + published + drafts, 0)
  assert.equal(all, items.length)
  assert.ok(report.drafts.every(({ missing }) => missing !== ''))
})

test('coverage tells audiences, danger text, rebuttals and graded sources of each topic', () => {
  const { topics, audiences } = reportContent(items, '2026-11-22')
  const quake = topics.find(({ topic }) => topic === 'nat-earthquake')
  assert.ok(quake?.lifeThreat && quake.rebuttals > 0 && quake.audiences.includes('elder'))
  assert.ok(quake.sources.A + quake.sources.B + quake.sources.C > 0)
  assert.equal(audiences.find(({ audience }) => audience === 'elder')?.cards, topics.length)
})

test('what expires is listed up to the last day asked for, earliest first', () => {
  const days = reportContent(items, '2027-11-22').expiring.map(({ validUntil }) => validUntil)
  assert.ok(days.length > 0)
  assert.deepEqual(days, [...days].sort())
  assert.ok(reportContent(items, '2026-11-22').expiring.length < days.length)
})

test('a copy of an official text is one grade below the text at its issuer, media below both', () => {
  const source = {
    title: 't',
    issuer: 'i',
    kind: 'law',
    locator: '第1条',
    read: 'issuer',
    readOn: '2026-11-22',
  } as const
  assert.deepEqual(
    [source, { ...source, read: 'copy' as const }, { ...source, kind: 'media' as const }].map(gradeSource),
    ['A', 'B', 'C'],
  )
})
