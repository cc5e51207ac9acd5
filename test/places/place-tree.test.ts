import { test } from 'node:test'
import assert from 'node:assert/strict'
import { loadPlaces } from '../../src/places/places.ts'

const places = loadPlaces()
const town = (name: string, district: string): string => {
  const found = places.all.find(
    (place) => place.name === name && place.code.startsWith(district) && place.level === 'township',
  )
  assert.ok(found, name)
  return found.code
}

test('the tree holds all 1031 townships of Chongqing', () => {
  const townships = places.all.filter(({ level, home }) => home && level === 'township')
  assert.equal(townships.length, 1031)
  assert.equal(new Set(places.all.map(({ code }) => code)).size, places.all.length)
})

test('every township lies in a known district and in Chongqing, before and after the change', () => {
  for (const { code, level, home } of places.all) {
    if (!home || level !== 'township') continue
    for (const on of ['2024-12-31', '2026-11-22']) {
      const [district, ...rest] = places.ancestorsOf(code, on)
      assert.ok(district !== undefined && places.findPlace(district), code)
      assert.equal(rest.at(-1), '500000')
    }
  }
})

test('江北 and 渝北 have 两江新区 as successor from the day of the change', () => {
  assert.deepEqual(places.successorsOf('500105', '2025-11-05'), [])
  assert.deepEqual(places.successorsOf('500105', '2025-11-06'), ['500157'])
  assert.equal(places.currentCode('500112'), '500157')
  assert.equal(places.currentCode('500112', '2025-01-01'), '500112')
})

test('codes of former counties lead to the district of today', () => {
  assert.equal(places.currentCode('500234'), '500154')
  assert.equal(places.currentCode('500381'), '500116')
})

test('ten townships changed their district on 2025-11-06', () => {
  const dawan = town('大湾镇', '500112')
  assert.deepEqual(places.ancestorsOf(dawan, '2025-01-01'), ['500112', '500000'])
  assert.deepEqual(places.ancestorsOf(dawan, '2026-01-01'), ['500109', '500000'])
  assert.deepEqual(places.ancestorsOf(town('蔡家岗街道', '500109'), '2026-01-01'), ['500157', '500000'])
})

test('the new districts have as many townships as announced: 42 and 17', () => {
  const count = (district: string) =>
    places.all.filter(
      ({ code, level, home }) =>
        home &&
        level === 'township' &&
        places.ancestorsOf(code)[0] !== undefined &&
        places.ancestorsOf(code).includes(district),
    ).length
  assert.equal(count('500157'), 42)
  assert.equal(count('500109'), 17)
})

test('a place lies in what holds it now and in what held it before', () => {
  const dawan = town('大湾镇', '500112')
  assert.ok(places.isWithin(dawan, '500109'))
  assert.ok(places.isWithin(dawan, '500112'))
  assert.ok(places.isWithin('500105', '500157'))
  assert.ok(places.isWithin('500103', '500000'))
  assert.ok(!places.isWithin('500103', '500101'))
  assert.ok(!places.isWithin('500000', '500103'))
})

test('an alert to 两江新区 reaches the townships of both old codes and those it was given', () => {
  const reached = new Set(places.expandAudience('500157'))
  for (const code of ['500157', '500105', '500112', town('蔡家岗街道', '500109')]) assert.ok(reached.has(code), code)
  for (const { code } of places.all) if (/^500(?:105|112)\d{3}$/.test(code)) assert.ok(reached.has(code), code)
  assert.ok(!reached.has('500109'))
  assert.ok(!reached.has('500103'))
})

test('an alert to the city reaches everybody in it and nobody elsewhere', () => {
  const reached = places.expandAudience('500000')
  assert.ok(reached.length > 1031)
  assert.ok(reached.every((code) => code.startsWith('500')))
})

test('an unknown code is refused by getPlace and unknown to findPlace', () => {
  assert.equal(places.findPlace('999999'), undefined)
  assert.throws(() => places.getPlace('999999'), { code: 'unknown-place' })
})
