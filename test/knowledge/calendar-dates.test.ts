import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOccurrence, needsRenewal } from '../../src/knowledge/calendar-dates.ts'

test('a day, a season and a month fall on the same dates every year', () => {
  assert.deepEqual(findOccurrence({ kind: 'fixed', day: '05-12' }, 2027), { from: '2027-05-12', to: '2027-05-12' })
  assert.deepEqual(findOccurrence({ kind: 'range', from: '05-01', to: '09-30' }, 2027), {
    from: '2027-05-01',
    to: '2027-09-30',
  })
  assert.deepEqual(findOccurrence({ kind: 'month', month: 2 }, 2028), { from: '2028-02-01', to: '2028-02-29' })
})

test('the last Monday of March and the third Saturday of September are found in any year', () => {
  const monday = { kind: 'nth-weekday', month: 3, weekday: 1, nth: -1 } as const
  assert.deepEqual(
    [2025, 2026, 2027].map((year) => findOccurrence(monday, year)?.from),
    ['2025-03-31', '2026-03-30', '2027-03-29'],
  )
  const saturday = { kind: 'nth-weekday', month: 9, weekday: 6, nth: 3 } as const
  assert.equal(findOccurrence(saturday, 2026)?.from, '2026-09-19')
})

test('a fifth weekday that a month does not have is no day', () => {
  assert.equal(findOccurrence({ kind: 'nth-weekday', month: 2, weekday: 1, nth: 5 }, 2026), undefined)
})

test('the week that holds a day runs from Monday to Sunday', () => {
  const rule = { kind: 'week-containing', day: '05-12' } as const
  assert.deepEqual(findOccurrence(rule, 2025), { from: '2025-05-12', to: '2025-05-18' })
  assert.deepEqual(findOccurrence(rule, 2024), { from: '2024-05-06', to: '2024-05-12' })
})

test('清明 falls on the fourth or fifth of April', () => {
  const rule = { kind: 'solar-term', term: '清明' } as const
  assert.deepEqual(
    [2023, 2024, 2025, 2026, 2027, 2028].map((year) => findOccurrence(rule, year)?.from.slice(-2)),
    ['05', '04', '04', '05', '05', '04'],
  )
})

test('an announced day is known only for the years that were announced, and asks for the next', () => {
  const rule = {
    kind: 'announced',
    hint: '每年发文',
    years: [{ year: 2025, from: '05-24', to: '05-31' }],
  } as const
  assert.deepEqual(findOccurrence({ ...rule, years: [...rule.years] }, 2025), { from: '2025-05-24', to: '2025-05-31' })
  assert.equal(findOccurrence({ ...rule, years: [...rule.years] }, 2026), undefined)
  assert.equal(needsRenewal({ ...rule, years: [...rule.years] }, '2025-05-31'), false)
  assert.equal(needsRenewal({ ...rule, years: [...rule.years] }, '2025-06-01'), true)
  assert.equal(needsRenewal({ kind: 'month', month: 9 }, '2026-11-22'), false)
})
