import { join } from 'node:path'
import { createAnalyzer } from '../../src/retrieval/analysis.ts'
import { EmbeddedSearchIndex } from '../../src/retrieval/engines/embedded.ts'
import { loadLexicon } from '../../src/retrieval/lexicon.ts'
import type { DocumentKind, SearchDocument } from '../../src/retrieval/search-index.ts'

export const analyzer = createAnalyzer(loadLexicon(join(import.meta.dirname, '../../seeds/lexicons')))

export function buildDocument(
  id: string,
  fields: Partial<SearchDocument> & { kind?: DocumentKind } = {},
): SearchDocument {
  return { id, kind: 'card', title: '', wordings: [], body: '', ...fields }
}

/** A few cards, rebuttals and plan passages as the product stores them; wordings are made for the tests. */
export function sampleDocuments(): SearchDocument[] {
  return [
    buildDocument('card-earthquake', {
      title: '地震避险',
      wordings: [
        '地震了怎么办',
        '地震来了往哪里躲',
        '在高楼上遇到地震怎么办',
        '地震时能坐电梯吗',
        '房子摇晃起来怎么办',
      ],
      body: '先就近躲到结实的桌子下面，护住头和颈部，抓牢桌腿。摇晃停了再走楼梯撤离，不坐电梯。',
    }),
    buildDocument('card-gas', {
      title: '燃气泄漏',
      wordings: [
        '闻到天然气味道怎么办',
        '家里燃气漏了怎么处理',
        '煤气泄漏能开灯吗',
        '厨房有臭鸡蛋味怎么办',
        '燃气报警器响了怎么办',
      ],
      body: '关阀门，开门窗，不开关任何电器，到屋外再打电话。',
    }),
    buildDocument('card-ebike', {
      title: '电动自行车火灾',
      wordings: [
        '电动自行车着火怎么办',
        '电瓶车能在家里充电吗',
        '电动车充电注意什么',
        '电瓶可以拿回家充吗',
        '电动车起火怎么灭',
      ],
      body: '不在楼道和屋里充电，不把电池带回家。',
    }),
    buildDocument('rumor-snake', {
      kind: 'rebuttal',
      title: '被毒蛇咬了要用嘴把毒吸出来',
      wordings: ['被毒蛇咬了要用嘴把毒吸出来', '蛇咬伤马上用嘴吸毒血就没事'],
      body: '用嘴吸不出多少毒液，施救的人还可能中毒。',
    }),
    buildDocument('rumor-quake', {
      kind: 'rebuttal',
      title: '重庆今晚3点有6.8级地震',
      wordings: ['重庆今晚3点有6.8级地震', '今晚三点重庆要地震大家不要睡'],
      body: '短期内准确预报地震的时间、地点和震级，目前做不到。',
    }),
    buildDocument('plan-1#1', {
      kind: 'plan',
      title: '重庆市突发地质灾害应急预案',
      wordings: [],
      body: '地质灾害险情和灾情按危害程度分为特大型、大型、中型、小型四级。',
    }),
  ]
}

export async function buildIndex(documents: SearchDocument[] = sampleDocuments()): Promise<EmbeddedSearchIndex> {
  const index = new EmbeddedSearchIndex(analyzer)
  await index.upsert(documents)
  return index
}
