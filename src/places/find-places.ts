import type { PlaceFile, PlaceTree } from './place-tree.ts'

/** A place named in a text; `start` and `end` count UTF-16 units of that text. */
export interface PlaceMention {
  text: string
  start: number
  end: number
  /** Codes it may mean. Several without `ambiguous`: the name covers parts of all of them (主城, 重庆高新区). */
  candidates: string[]
  ambiguous: boolean
  /** The name stands for a spot inside the candidate (洪崖洞): two different spots are two different places. */
  landmark: boolean
  /** False for places outside Chongqing. */
  home: boolean
}

export interface FindPlacesOptions {
  /** The asker's or the group's region: decides between townships of the same name. */
  region?: string
}

/** How sure a bare name is a place: full names always, weak ones with a neighbour that says so, short ones after their district. */
type Strength = 'full' | 'weak' | 'after-parent'

interface Name {
  text: string
  codes: string[]
  strength: Strength
  landmark: boolean
  covers: boolean
  home: boolean
}

interface Node {
  next: Map<string, Node>
  name?: Name
}

/** Words that hold a name without meaning the place; they end the search at that spot. */
const SHIELDS = [
  '江北岸',
  '长江南岸',
  '长江北岸',
  '嘉陵江北岸',
  '江南岸',
  '河南岸',
  '湖南岸',
  '大足够',
  '大足以',
  '县城口',
  '进城口',
  '出城口',
  '城口子',
  '健康长寿',
  '长寿命',
  '长寿秘诀',
  '长寿老人',
  '长寿面',
  '延年益寿长寿',
  '益寿',
  '中山装',
  '中山狼',
  '初中卫',
  '高中卫',
  '东方人',
  '东方红',
  '太平洋',
  '太平间',
  '人和人',
  '朝阳产业',
  '红河谷',
  '阳光日照',
  '日照时间',
  '日照时数',
  '海南岸',
  '平安度过',
  '天门盖',
  '广东话',
  '四川话',
  '重庆话',
  '河南角',
  '上海鲜',
  '海上海',
  '重庆南路',
  '南京路',
  '北京路',
  '上海路',
  '重庆路',
  '中山路',
  '四川菜',
  '湖南菜',
  '重庆火锅',
  '武汉病毒',
  '北京时间',
  '北京冬奥',
  '成都路',
  '大理石',
  '西安门',
  '保定会',
  '公安县城',
  '东海岸',
  '大同小异',
  '安康码',
  '渝康码',
]
const PLACE_BEFORE =
  /(?:在|到|去|从|回|住|离|往|来自|来|至|和|与|、|及|给|我们|我|咱|经|过|抵达|途经|家住|原|【|\[|“|"|《|#|：|:|，|,|。|！|!|？|\?|；|;|\n| |^)$/
const PLACE_AFTER =
  /^(?:区|县|市|城|镇|乡|湖|北站|站|境内|地区|这边|那边|这里|那里|人民|发生|突发|爆发|出现|发布|启动|地震|暴雨|大雨|洪水|特大|山火|火灾|大火|起火|着火|爆炸|停水|停电|停课|停气|全|有|要|将|又|也|下|的?(?:一个|一家|某)|某|公安|消防|应急|气象|卫健|教委|教育|疾控|供电|水务|检察|交巡|街道|多|新增|确诊|、|和|与|及|至|\d|化工|高速|大桥|隧道|车站|高铁|机场|中学|小学|医院)/
/** How far behind its district a short township name may stand, and what must follow it. */
const FAR_PARENT = 30
const TOWN_AFTER = /^(?:那边|这边|那里|这里|片区|场镇|境内|、)/
const ABSORBED_SUFFIX = /^(?:自治县|区|县|市|省|州|地区)/
const ETHNIC =
  /(?:(?:蒙古|维吾尔|哈萨克|柯尔克孜|布依|朝鲜|土家|哈尼|傈僳|景颇|仡佬|保安|东乡|撒拉|锡伯|达斡尔|鄂温克|鄂伦春|塔吉克|毛南|仫佬|各族|回|藏|苗|彝|壮|满族|侗|瑶|白族|傣|黎|羌|怒族|独龙|普米|纳西|佤|拉祜|布朗|畲|水族|土族|裕固)族?)+$/

function shortName(name: string): string {
  const bare = name.replace(/(?:特别行政区|自治区|自治州|自治县|自治旗|街道|地区|林区|[省市区县盟旗镇乡])$/, '')
  if (bare === name || !/自治|族/.test(name)) return bare
  const stripped = bare.replace(ETHNIC, '')
  return stripped.length >= 2 ? stripped : bare
}

const PROVINCE_SHORT: Record<string, string> = {
  内蒙古自治区: '内蒙古',
  广西壮族自治区: '广西',
  西藏自治区: '西藏',
  宁夏回族自治区: '宁夏',
  新疆维吾尔自治区: '新疆',
}

function collectNames(tree: PlaceTree, file: PlaceFile): Name[] {
  const names = new Map<string, Name>()
  const weak = new Set(file.weak.split(' '))
  const never = new Set(file.never.split(' '))
  const rank: Record<Strength, number> = { full: 2, weak: 1, 'after-parent': 0 }
  const add = (text: string, code: string, strength: Strength, home: boolean): void => {
    const known = names.get(text)
    // A name of Chongqing hides the same name elsewhere, a surer reading hides a weaker one.
    if (known && (known.landmark || known.covers)) return
    if (known && known.home === home && known.strength === strength) known.codes.push(code)
    else if (!known || (home && !known.home) || (home === known.home && rank[strength] > rank[known.strength])) {
      names.set(text, { text, codes: [code], strength, landmark: false, covers: false, home })
    }
  }
  for (const [text, codes] of Object.entries(file.aliases)) {
    names.set(text, { text, codes, strength: 'full', landmark: false, covers: codes.length > 1, home: true })
  }
  for (const [text, code] of Object.entries(file.landmarks)) {
    names.set(text, { text, codes: [code], strength: 'full', landmark: true, covers: false, home: true })
  }
  const districtNames = new Set(
    tree.all.filter((place) => place.home && place.level === 'district').map((place) => shortName(place.name)),
  )
  for (const place of tree.all) {
    add(place.name, place.code, 'full', place.home)
    const short = PROVINCE_SHORT[place.name] ?? shortName(place.name)
    if (short === place.name || short.length < 2) continue
    if (place.level === 'township') {
      // 沙坪坝 alone is the district, not its township of the same name.
      if (never.has(short) || districtNames.has(short)) continue
      add(short, place.code, short.length >= 3 ? 'full' : 'after-parent', place.home)
    } else if (place.home || place.level !== 'district') {
      add(short, place.code, weak.has(short) ? 'weak' : 'full', place.home)
    } else if (!never.has(short) && !weak.has(short)) {
      add(short, place.code, 'after-parent', false)
    }
  }
  return [...names.values()]
}

export type FindPlaces = (text: string, options?: FindPlacesOptions) => PlaceMention[]

export interface PlaceFinder {
  findPlaces: FindPlaces
  findCodes: (name: string) => string[]
}

/** Builds the finder once; a search is one pass over the text (leftmost, longest accepted name). */
export function buildPlaceFinder(tree: PlaceTree, file: PlaceFile): PlaceFinder {
  const root: Node = { next: new Map() }
  const insert = (text: string, name?: Name): void => {
    let node = root
    for (const sign of text) {
      let next = node.next.get(sign)
      if (!next) node.next.set(sign, (next = { next: new Map() }))
      node = next
    }
    if (name) node.name = name
  }
  const names = collectNames(tree, file)
  for (const name of names) insert(name.text, name)
  const codesByName = new Map(names.map((name) => [name.text, name.codes]))
  const shields = new Map<string, string[]>()
  for (const word of SHIELDS) shields.set(word.charAt(0), [...(shields.get(word.charAt(0)) ?? []), word])

  const accepts = (name: Name, text: string, start: number, end: number, found: PlaceMention[]): boolean => {
    if (name.strength === 'full') return true
    const previous = found.at(-1)
    const gap = previous ? text.slice(previous.end, start) : undefined
    const near = previous !== undefined && gap !== undefined && /^[的、，,/\s和]{0,2}$/.test(gap)
    if (near && previous.candidates.some((parent) => name.codes.some((code) => tree.isWithin(code, parent))))
      return true
    if (name.strength === 'after-parent') {
      // 忠县这次洪水好凶，新立那边: the district was named a little earlier and the text goes on as after a place.
      const parent = found.find(
        (other) =>
          other.home &&
          other.candidates.some((code) => name.codes.some((own) => own !== code && tree.isWithin(own, code))),
      )
      if (parent && start - parent.end <= FAR_PARENT && TOWN_AFTER.test(text.slice(end, end + 3))) return true
      // 忠县新立、三汇: the second of a list belongs to the district of the first.
      const listed = near && gap !== '' && previous.home && previous.candidates.some((code) => code.length === 9)
      return (
        listed && name.codes.some((code) => previous.candidates.some((other) => other.slice(0, 6) === code.slice(0, 6)))
      )
    }
    const after = text.slice(end, end + 4)
    const before = text.slice(Math.max(0, start - 3), start)
    if (near || PLACE_AFTER.test(after))
      return PLACE_BEFORE.test(before) || near || !/[一-鿿]$/.test(before) || PLACE_AFTER.test(after)
    return /(?:在|到|去|从|回|住|来自|我们|家住)$/.test(before) && !/^[边面方向]/.test(after)
  }

  const findPlaces: FindPlaces = (text, options = {}) => {
    const found: PlaceMention[] = []
    let at = 0
    while (at < text.length) {
      const shield = shields.get(text.charAt(at))?.find((word) => text.startsWith(word, at))
      if (shield !== undefined) {
        at += shield.length
        continue
      }
      let node = root.next.get(text.charAt(at))
      if (!node) {
        at++
        continue
      }
      const hits: { name: Name; end: number }[] = []
      for (let end = at + 1; node; end++) {
        if (node.name) hits.unshift({ name: node.name, end })
        node = node.next.get(text.charAt(end))
      }
      const hit = hits.find(({ name, end }) => accepts(name, text, at, end, found))
      if (!hit) {
        at++
        continue
      }
      let end = hit.end
      if (!hit.name.landmark && hit.name.strength !== 'after-parent') {
        const suffix = ABSORBED_SUFFIX.exec(text.slice(end, end + 3))?.[0]
        if (suffix !== undefined && !/(?:省|市|区|县|街道|镇|乡|州|盟|旗)$/.test(hit.name.text)) end += suffix.length
      }
      found.push({
        text: text.slice(at, end),
        start: at,
        end,
        candidates: hit.name.codes,
        ambiguous: hit.name.codes.length > 1 && !hit.name.covers,
        landmark: hit.name.landmark,
        home: hit.name.home,
      })
      at = end
    }
    return found.map((mention) => narrow(tree, mention, found, options.region))
  }
  return { findPlaces, findCodes: (name) => codesByName.get(name) ?? [] }
}

/** Chooses among namesakes by the districts that the text itself names, then by the asker's region. */
function narrow(tree: PlaceTree, mention: PlaceMention, all: PlaceMention[], region: string | undefined): PlaceMention {
  if (!mention.ambiguous) return mention
  const named = all.filter((other) => other !== mention && !other.ambiguous).flatMap((other) => other.candidates)
  for (const scope of [named, region === undefined ? [] : [region]]) {
    const inside = mention.candidates.filter((code) =>
      scope.some((outer) => outer !== code && tree.isWithin(code, outer)),
    )
    if (inside.length > 0 && inside.length < mention.candidates.length) {
      return { ...mention, candidates: inside, ambiguous: inside.length > 1 }
    }
  }
  return mention
}
