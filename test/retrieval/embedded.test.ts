import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { acceptHit } from '../../src/retrieval/acceptance.ts'
import type { SearchHit } from '../../src/retrieval/search-index.ts'
import { buildDocument, buildIndex, sampleDocuments } from './build-index.ts'

const firstId = (hits: SearchHit[]) => hits[0]?.id

test('a question finds its card, in everyday words, in 川渝 words, in traditional signs and with a typing slip', async () => {
  const index = await buildIndex()
  for (const text of ['地震了怎么办', '啷个办，屋头摇起来了', '地震來了往哪裏躲', '地镇了咋办', '在19楼遇到地震咋整']) {
    assert.equal(firstId(await index.search({ text, kinds: ['card'] })), 'card-earthquake', text)
  }
  for (const text of ['电瓶车可不可以推到屋头充电', '電動車起火了咋個滅']) {
    assert.equal(firstId(await index.search({ text, kinds: ['card'] })), 'card-ebike', text)
  }
})

test('a forwarded text finds the rebuttal under its wrapping, and the hit names the wording and gives reasons', async () => {
  const index = await buildIndex()
  const [hit] = await index.search({
    text: '【紧急通知】刚接到内部消息！！重庆今晚三点有六点八级地震🆘 大家互相转告 http://t.cn/xyz',
    kinds: ['rebuttal'],
  })
  assert.ok(hit)
  assert.equal(hit.id, 'rumor-quake')
  assert.equal(hit.wording, '重庆今晚3点有6.8级地震')
  assert.equal(acceptHit(hit), 'answer')
  assert.ok(hit.reasons.some(({ code }) => code === 'wording'))
})

test('a text about something else is not accepted', async () => {
  const index = await buildIndex()
  for (const text of ['公积金怎么提取', '今晚吃什么', '谢谢', '小面哪家好吃', '怎么还信用卡']) {
    for (const hit of await index.search({ text }))
      assert.notEqual(acceptHit(hit), 'answer', `${text} → ${hit.id} ${hit.confidence}`)
  }
})

test('a single word answers only where it is stored as a wording', async () => {
  const documents = sampleDocuments()
  documents[0]?.wordings.push('地震')
  const index = await buildIndex(documents)
  const best = async (text: string) => (await index.search({ text, kinds: ['card'] }))[0]
  const stored = await best('地震')
  assert.ok(stored && acceptHit(stored) === 'answer')
  for (const text of ['桌子', '怎么放', '阀门']) {
    const hit = await best(text)
    assert.ok(!hit || acceptHit(hit) !== 'answer', text)
  }
})

test('a negated twin, another number and another warning color lower the confidence', async () => {
  const index = await buildIndex([
    buildDocument('a', { wordings: ['地震时可以坐电梯下楼'] }),
    buildDocument('b', { kind: 'rebuttal', title: '重庆今晚有6级地震', wordings: ['重庆今晚有6级地震'] }),
    buildDocument('c', { wordings: ['暴雨红色预警是什么意思'] }),
    ...Array.from({ length: 30 }, (_, i) =>
      buildDocument(`other-${i}`, { wordings: [`第${i}条无关的内容关于${String.fromCodePoint(0x5e00 + i)}`] }),
    ),
  ])
  const confidence = async (text: string, kind: 'card' | 'rebuttal') =>
    (await index.search({ text, kinds: [kind] }))[0]?.confidence ?? 0
  assert.ok(
    (await confidence('地震时不可以坐电梯下楼', 'card')) < (await confidence('地震时可以坐电梯下楼', 'card')) - 0.05,
  )
  assert.ok((await confidence('重庆今晚没有6级地震', 'rebuttal')) < (await confidence('重庆今晚有6级地震', 'rebuttal')))
  assert.ok((await confidence('重庆今晚有8级地震', 'rebuttal')) < (await confidence('重庆今晚有6级地震', 'rebuttal')))
  assert.ok(
    (await confidence('暴雨黄色预警是什么意思', 'card')) < (await confidence('暴雨红色预警是什么意思', 'card')) - 0.05,
  )
})

test('expired, not yet valid, other-region and other-kind documents are never returned', async () => {
  const wordings = ['学校明天停课是真的吗']
  const index = await buildIndex([
    buildDocument('expired', { wordings, validUntil: '2024-08-31' }),
    buildDocument('future', { wordings, validFrom: '2027-01-01' }),
    buildDocument('elsewhere', { wordings, region: '500101' }),
    buildDocument('rumor', { kind: 'rebuttal', title: wordings[0] ?? '', wordings }),
    buildDocument('here', { wordings, region: '500103', validFrom: '2026-01-01', validUntil: '2026-12-31' }),
    buildDocument('everywhere', { wordings }),
  ])
  const found = await index.search({
    text: '学校明天停课是真的吗',
    kinds: ['card'],
    regions: ['500103', '500000'],
    on: '2026-12-31',
  })
  assert.deepEqual(found.map(({ id }) => id).sort(), ['everywhere', 'here'])
})

test('the days of validity are inclusive', async () => {
  const index = await buildIndex([
    buildDocument('a', { wordings: ['洪峰过境'], validFrom: '2026-07-01', validUntil: '2026-07-02' }),
  ])
  const idsOn = async (on: string) => (await index.search({ text: '洪峰过境', on })).map(({ id }) => id)
  assert.deepEqual(await idsOn('2026-06-30'), [])
  assert.deepEqual(await idsOn('2026-07-01'), ['a'])
  assert.deepEqual(await idsOn('2026-07-02'), ['a'])
  assert.deepEqual(await idsOn('2026-07-03'), [])
})

test('an upserted document is seen by the next search, its older text is not, and a removed one is gone', async () => {
  const index = await buildIndex()
  const size = index.size
  await index.upsert([buildDocument('new', { wordings: ['水库泄洪警报响了怎么办'] })])
  assert.equal(index.size, size + 1)
  assert.equal(firstId(await index.search({ text: '水库泄洪警报响了怎么办' })), 'new')
  await index.upsert([
    buildDocument('new', { kind: 'rebuttal', title: '手机充电会爆炸', wordings: ['手机充电会爆炸'] }),
  ])
  assert.equal(index.size, size + 1)
  assert.ok(!(await index.search({ text: '水库泄洪警报响了怎么办' })).some(({ id }) => id === 'new'))
  assert.equal(firstId(await index.search({ text: '手机充电会爆炸' })), 'new')
  await index.remove(['new', 'never-there'])
  assert.equal(index.size, size)
  assert.ok(!(await index.search({ text: '手机充电会爆炸' })).some(({ id }) => id === 'new'))
})

test('replacing documents again and again neither loses one nor brings an old text back', async () => {
  const index = await buildIndex([])
  for (let round = 0; round < 40; round++) {
    await index.upsert(
      Array.from({ length: 40 }, (_, i) => buildDocument(`d${i}`, { wordings: [`第${i}个问题第${round}轮怎么办`] })),
    )
    if (round % 5 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.equal(index.size, 40)
  for (const i of [0, 17, 39]) {
    const [hit] = await index.search({ text: `第${i}个问题第39轮怎么办` })
    assert.equal(hit?.id, `d${i}`)
    assert.equal(hit?.wording, `第${i}个问题第39轮怎么办`)
  }
})

test('the order of arrival does not change confidence or order', async () => {
  const forward = await buildIndex()
  const backward = await buildIndex(sampleDocuments().reverse())
  for (const text of ['地震来了能坐电梯吗', '蛇咬了要吸毒吗', '屋头漏气了']) {
    const compact = (hits: SearchHit[]) => hits.map(({ id, confidence }) => `${id} ${confidence.toFixed(6)}`)
    assert.deepEqual(compact(await forward.search({ text })), compact(await backward.search({ text })))
  }
})

test('empty, emoji-only and 1 000-sign texts are answered without an error', async () => {
  const index = await buildIndex()
  assert.deepEqual(await index.search({ text: '' }), [])
  assert.deepEqual(await index.search({ text: '🆘🆘⚠️ \n\t' }), [])
  assert.deepEqual(await (await buildIndex([])).search({ text: '地震' }), [])
  const long = await index.search({ text: '我家楼上漏水，楼下有人吵架，'.repeat(60) + '地震了怎么办' })
  assert.ok(long.length > 0)
})

test('limit bounds the hits of all kinds together, and a plan passage is found by its document and text', async () => {
  const index = await buildIndex()
  assert.equal((await index.search({ text: '地震 蛇 燃气 电动车', limit: 2 })).length, 2)
  assert.equal(firstId(await index.search({ text: '重庆地质灾害灾情分为几级', kinds: ['plan'] })), 'plan-1#1')
})

test('any text gets hits with a confidence between 0 and 1, the same each time', async () => {
  const index = await buildIndex()
  const words = fc.constantFrom(
    '地震',
    '怎么办',
    '不',
    '电梯',
    '燃气',
    '6级',
    '红色预警',
    '🆘',
    '\n',
    ' ',
    '。',
    'AED',
    '重庆',
    '今晚3点',
    '蛇',
    '吸毒',
    '\u{20BB7}',
    '\ud83d',
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
  )
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const hits = await index.search({ text })
      for (const { confidence } of hits) assert.ok(confidence >= 0 && confidence <= 1)
      assert.deepEqual(await index.search({ text }), hits)
    }),
    { numRuns: 200 },
  )
})

test('any document can be stored, found by its own wording and removed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      async (wording, body) => {
        const index = await buildIndex([])
        await index.upsert([buildDocument('x', { wordings: [wording], body })])
        await index.search({ text: wording })
        await index.remove(['x'])
        assert.deepEqual(await index.search({ text: wording + body }), [])
      },
    ),
    { numRuns: 100 },
  )
})

test('an index that grew between searches answers as one that was built at once', async () => {
  const documents = sampleDocuments()
  const grown = await buildIndex([])
  for (const document of documents) {
    await grown.upsert([document])
    for (const text of ['地震了怎么办', '电瓶车充电起火。楼道里能不能停车？']) await grown.search({ text })
  }
  const built = await buildIndex(documents)
  for (const text of ['地震了怎么办', '电瓶车充电起火。楼道里能不能停车？', '今晚3点重庆有6.8级地震，快转发！'])
    assert.deepEqual(await grown.search({ text }), await built.search({ text }))
})
