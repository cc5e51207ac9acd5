import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTicket, openTicket } from '../../src/answering/tickets.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { describeStores } from '../support/open-test-store.ts'

await describeStores('tickets', (getStore) => {
  const clock = new FakeClock()
  const parts = () => ({ store: getStore(), clock })
  const request = { question: '水库要泄洪了怎么办？', reason: 'no-material', asker: 'a' } as const

  test('the same question in other punctuation and full width joins one ticket with a count', async () => {
    const first = await openTicket(parts(), request)
    const second = await openTicket(parts(), { ...request, question: ' 水库要泄洪了，怎么办?? ', asker: 'b' })
    assert.equal(first.number, 'T-0001')
    assert.equal(second.number, first.number)
    assert.equal(second.count, 2)
    assert.notEqual(second.token, first.token)
  })

  test('a hundred askers at once make one ticket', async () => {
    const opened = await Promise.all(
      Array.from({ length: 100 }, (_, index) => openTicket(parts(), { ...request, asker: `asker ${index}` })),
    )
    assert.equal(new Set(opened.map(({ number }) => number)).size, 1)
    assert.equal(Math.max(...opened.map(({ count }) => count)), 100)
  })

  test('only the token shows a status, never the number', async () => {
    const { number, token } = await openTicket(parts(), request)
    assert.equal((await findTicket(parts(), token))?.number, number)
    assert.equal(await findTicket(parts(), number), undefined)
    assert.equal(await findTicket(parts(), `${token.slice(0, -1)}!`), undefined)
  })

  test('one asker opens at most ten tickets a day', async () => {
    for (let index = 0; index < 10; index++) await openTicket(parts(), { ...request, question: `问题${index}` })
    await assert.rejects(openTicket(parts(), { ...request, question: '再一个' }), { code: 'too-many-tickets' })
    clock.advance(25 * 3_600_000)
    await openTicket(parts(), { ...request, question: '再一个' })
  })
})
