import { test } from 'node:test'
import assert from 'node:assert/strict'
import { loadPlaces } from '../../src/places/places.ts'

const places = loadPlaces()
const named = (text: string, region?: string): string[] =>
  places
    .findPlaces(text, region === undefined ? {} : { region })
    .map(({ text: word, candidates, ambiguous }) => `${word}=${candidates.join('/')}${ambiguous ? '?' : ''}`)

test('districts are found by full and short name', () => {
  assert.deepEqual(named('渝中区和万州今晚有雨'), ['渝中区=500103', '万州=500101'])
  assert.deepEqual(named('石柱、彭水、秀山、酉阳有大雾'), ['石柱=500240', '彭水=500243', '秀山=500241', '酉阳=500242'])
  assert.deepEqual(named('忠县下大雨'), ['忠县=500233'])
  assert.deepEqual(named('开县涨水'), ['开县=500154'])
})

test('a bare name shared by a district and its township is the district', () => {
  assert.deepEqual(named('沙坪坝突发7级地震'), ['沙坪坝=500106'])
  assert.deepEqual(named('沙坪坝街道停水'), ['沙坪坝街道=500106002'])
})

test('short township names count after their district, in lists too', () => {
  assert.deepEqual(named('忠县新立、三汇洪水泛滥'), ['忠县=500233', '新立=500233114', '三汇=500233119'])
  assert.deepEqual(named('忠县这次洪水好凶，新立那边房子进水'), ['忠县=500233', '新立=500233114'])
  assert.deepEqual(named('项目三汇总一下，新立一个群'), [])
})

test('namesakes are ambiguous until the text or the region decides', () => {
  assert.deepEqual(named('太平镇停电'), ['太平镇=500151124/500231110?'])
  assert.deepEqual(named('垫江太平镇停电'), ['垫江=500231', '太平镇=500231110'])
  assert.deepEqual(named('太平镇停电', '500231'), ['太平镇=500231110'])
})

test('functional areas are aliases', () => {
  assert.deepEqual(named('万盛经开区发布通知'), ['万盛经开区=500110'])
  assert.deepEqual(named('两江新区发布通知'), ['两江新区=500157'])
  assert.deepEqual(named('重庆高新区停水'), ['重庆高新区=500106/500107'])
  const [core] = places.findPlaces('主城要停电')
  assert.equal(core?.ambiguous, false)
  assert.ok(core?.candidates.includes('500103'))
})

test('landmarks stand for a spot in their district', () => {
  const [spot] = places.findPlaces('洪崖洞被淹了')
  assert.deepEqual(spot?.candidates, ['500103'])
  assert.equal(spot?.landmark, true)
  assert.deepEqual(named('江北机场航班取消'), ['江北机场=500112'])
})

test('places elsewhere are known as elsewhere', () => {
  for (const text of ['南京停水', '四川凉山木里山火', '湖北武汉', '贵州地震', '广西隆林洪灾', '许昌禹州发生地震']) {
    const found = places.findPlaces(text)
    assert.ok(found.length > 0, text)
    assert.ok(
      found.every(({ home }) => !home),
      text,
    )
  }
})

const HARMLESS = [
  '长江南岸边上有人钓鱼',
  '河南岸的堤坝',
  '江北岸风很大',
  '我婆婆健康长寿',
  '长寿老人的秘诀',
  '脚大足疼得很',
  '力气大足够了',
  '县城口堵车',
  '出城口有积水',
  '今天晚上平安回家',
  '人和动物要和谐相处',
  '他穿中山装',
  '初中卫生课',
  '日照时间变长了',
  '东方人爱喝茶',
  '安全出口在哪里',
  '太平洋上有台风',
  '这位来宾请坐',
  '白银涨价了',
  '大同小异',
  '北京时间八点',
  '四川话好听',
  '大理石地板',
  '海鲜市场关门',
  '三明治好吃',
  '水土流失',
  '石板路很滑',
  '大路上结冰',
  '新生入学',
  '直升机救援',
]
test('ordinary words are no places', () => {
  for (const text of HARMLESS) assert.deepEqual(named(text), [], text)
})

test('weak names count where the words around them say so', () => {
  assert.deepEqual(named('今晚江北停水'), ['江北=500105'])
  assert.deepEqual(named('我家在南岸'), ['南岸=500108'])
  assert.deepEqual(named('长寿发生5.2级地震'), ['长寿=500115'])
  assert.deepEqual(named('重庆大足有暴雨'), ['重庆=500000', '大足=500111'])
  assert.deepEqual(named('从城口出发'), ['城口=500229'])
})

test('positions point into the text that was given', () => {
  const text = '今晚渝北区和北碚有雷雨'
  for (const { text: word, start, end } of places.findPlaces(text)) assert.equal(text.slice(start, end), word)
})

test('any text is answered', () => {
  for (const text of ['', '？？？', '😀重庆😀', '重'.repeat(5000)]) assert.ok(Array.isArray(places.findPlaces(text)))
})
