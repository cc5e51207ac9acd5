import { test } from 'node:test'
import assert from 'node:assert/strict'
import { loadPlaces } from '../../src/places/places.ts'
import { extractSlots } from '../../src/rumors/slots.ts'

const places = loadPlaces()
const read = (text: string) => extractSlots(text, places)

test('days are read in every spelling', () => {
  for (const text of ['8月24日停水', '八月二十四日停水', '8月24号停水', '８月２４日停水']) {
    assert.deepEqual(
      read(text).dates.map(({ month, day }) => [month, day]),
      [[8, 24]],
      text,
    )
  }
  assert.equal(read('2024年7月12日').dates[0]?.year, 2024)
  assert.equal(read('明天停电').dates[0]?.offset, 1)
  assert.equal(read('本周五有强震').dates[0]?.weekday, 5)
  assert.equal(read('28号要地震').dates[0]?.day, 28)
})

test('a day number is not read from other numbers', () => {
  for (const text of ['轨道18号线坍塌', '3号楼着火', '死亡4人', '5.2级地震'])
    assert.deepEqual(read(text).dates, [], text)
})

test('times become minutes of the day', () => {
  const minutes = (text: string) => read(text).times.map((time) => time.minutes)
  assert.deepEqual(minutes('今晚三点地震'), [[180]])
  assert.deepEqual(minutes('今晚8点停水'), [[1200]])
  assert.deepEqual(minutes('下午3点半'), [[930]])
  assert.deepEqual(minutes('半夜12点'), [[0]])
  assert.deepEqual(minutes('7:00—17:00'), [[420], [1020]])
  assert.deepEqual(minutes('3点停水'), [[180, 900]])
  assert.deepEqual(minutes('那时候还小'), [])
})

test('numbers keep their unit, people also what happened to them', () => {
  const numbers = (text: string) => read(text).numbers.map(({ value, unit }) => `${value}${unit}`)
  assert.deepEqual(numbers('发生六级地震'), ['6级'])
  assert.deepEqual(numbers('气温42℃，降雨100毫米'), ['42度', '100毫米'])
  assert.deepEqual(numbers('4人死亡，9人受伤，3人失联'), ['4人:dead', '9人:hurt', '3人:missing'])
  assert.deepEqual(numbers('死亡4人'), ['4人:dead'])
  assert.deepEqual(numbers('致死242，送医2200多人'), ['2200人:hospital', '242人:dead'])
  assert.deepEqual(numbers('无人员死亡'), ['0人:dead'])
})

test('warning colors and response levels are two axes', () => {
  const levels = (text: string) => read(text).levels.map(({ axis, value }) => `${axis}${value}`)
  assert.deepEqual(levels('发布暴雨红色预警'), ['color4'])
  assert.deepEqual(levels('高温橙色预警信号'), ['color3'])
  assert.deepEqual(levels('启动防汛Ⅱ级应急响应'), ['rank3'])
  assert.deepEqual(levels('启动四级响应'), ['rank1'])
  assert.deepEqual(levels('特别重大事故'), ['rank4'])
  assert.deepEqual(levels('红色的车'), [])
  assert.deepEqual(levels('一般来说没事'), [])
})

test('agencies are grouped into families', () => {
  const families = (text: string) => read(text).agencies.map(({ family }) => family)
  assert.deepEqual(families('市气象局和县气象台'), ['气象', '气象'])
  assert.deepEqual(families('供电局为自来水公司换线'), ['供电', '供水'])
  assert.deepEqual(families('卫健委、疾控中心通知'), ['卫生', '卫生'])
})

test('steps of a warning are told apart', () => {
  const steps = (text: string) => read(text).lifecycle.map(({ step }) => step)
  assert.deepEqual(steps('发布暴雨橙色预警'), ['issued'])
  assert.deepEqual(steps('暴雨预警升级为红色'), ['raised'])
  assert.deepEqual(steps('解除暴雨橙色预警'), ['lifted'])
  assert.deepEqual(steps('全市恢复供水'), ['lifted'])
  assert.deepEqual(steps('航班取消了'), [])
})
