import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAnswerLink, mayBeUnsolved, splitAnswer } from '../../../src/channels/webchat/browser/answer-lines.ts'
import type { AskReply } from '../../../src/chat/contract.ts'

function buildReply(change: Partial<AskReply> & Pick<AskReply, 'outcome' | 'text'>): AskReply {
  return { group: '', session: '', citations: [], confidence: 1, reasons: [], aiGenerated: false, ...change }
}

test('a number alone on its line becomes a button where the text has it: after the act, or first', () => {
  const call = { number: '119', label: '到屋外再拨 119' }
  const act = splitAnswer(
    buildReply({ outcome: 'life-threat', text: '马上到屋外。\n119\n也可打：110\n1. 敲门喊邻居。', call }),
  )
  assert.deepEqual(
    act.map(({ kind }) => kind),
    ['words', 'call', 'call', 'steps'],
  )
  assert.deepEqual(act[1], { kind: 'call', number: '119', label: '到屋外再拨 119', first: true })
  assert.deepEqual(act[2], { kind: 'call', number: '110', label: '也可打 110', first: false })
  const first = splitAnswer(buildReply({ outcome: 'life-threat', text: '119\n1. 马上到屋外。', call }))
  assert.equal(first[0]?.kind, 'call')
})

test('no word of a text is lost or changed', () => {
  const text = '被蛇咬：别跑动，打120。\n【不实】用嘴吸有害。\n1. 摘戒指。\n2. 拍下蛇。\n不喝酒。\n来源：甲·R-041'
  const shown = splitAnswer(buildReply({ outcome: 'rebuttal', text })).flatMap((line) => {
    if (line.kind === 'steps') return line.steps.map((step, index) => `${index + 1}. ${step}`)
    if (line.kind === 'words') return [line.mark === undefined ? line.text : `【${line.mark}】${line.text}`]
    return line.kind === 'source' ? [line.text] : [line.number]
  })
  assert.equal(shown.join('\n'), text)
})

test('an act before a verdict is never marked with the verdict', () => {
  const [act, verdict] = splitAnswer(
    buildReply({ outcome: 'rebuttal', text: '被蛇咬：别跑动，打120。\n【不实】用嘴吸有害。' }),
  )
  assert.deepEqual(act, { kind: 'words', mark: undefined, text: '被蛇咬：别跑动，打120。' })
  assert.deepEqual(verdict, { kind: 'words', mark: '不实', text: '用嘴吸有害。' })
})

test('a question back shows its first line; the choices are buttons', () => {
  const lines = splitAnswer(buildReply({ outcome: 'clarify', text: '您问的是哪一种？\n1 甲\n2 乙' }))
  assert.deepEqual(lines, [{ kind: 'words', mark: '请选择', text: '您问的是哪一种？' }])
})

test('the source line leads to the public page of what was answered', () => {
  const card = { id: 'a', number: 'K-001', topic: 'a', title: '甲', version: 1 }
  assert.equal(findAnswerLink(buildReply({ outcome: 'card', text: '', card })), '/k/K-001')
  const plan = { document: '文件', number: '渝府发〔2024〕9号', section: '一' }
  const citations = [{ title: '文件', issuer: '机构', locator: '三、（二）1' }]
  const text = '【政策原文】“甲”\n来源：文件·渝府发〔2024〕9号·三、（二）1·2024-03-29·P-005'
  assert.equal(
    findAnswerLink(buildReply({ outcome: 'plan', text, plan, citations })),
    `/p/P-005/${encodeURIComponent('三、（二）1')}`,
  )
  assert.equal(findAnswerLink(buildReply({ outcome: 'declined', text: '' })), undefined)
})

test('「没解决」 never stands beside danger, a question back, small talk or an opened ticket', () => {
  const reasons = (code: string) => [{ code, text: '' }]
  assert.equal(mayBeUnsolved(buildReply({ outcome: 'life-threat', text: '' })), false)
  assert.equal(mayBeUnsolved(buildReply({ outcome: 'clarify', text: '' })), false)
  assert.equal(mayBeUnsolved(buildReply({ outcome: 'declined', text: '', reasons: reasons('greeting') })), false)
  const ticket = { number: 'T-0001', token: 'x', count: 1 }
  assert.equal(mayBeUnsolved(buildReply({ outcome: 'declined', text: '', ticket })), false)
  assert.equal(mayBeUnsolved(buildReply({ outcome: 'declined', text: '', reasons: reasons('outside-field') })), true)
  assert.equal(mayBeUnsolved(buildReply({ outcome: 'card', text: '' })), true)
})
