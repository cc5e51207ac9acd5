import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quizQuestionSchema } from '../../src/knowledge/quiz.ts'

const base = {
  id: 'q-fa-burn-1',
  version: 1,
  review: 'source-checked',
  checkedOn: '2026-11-22',
  validUntil: '2027-11-22',
  question: '烫伤后先做什么？',
  explanation: '凉水能带走热。',
  card: 'fa-burn',
}

test('a choice names one of its options, a sentence is true or false, an order is written in order', () => {
  const fits: object[] = [
    { form: 'choice', options: ['冲凉水', '抹牙膏'], answer: 1 },
    { form: 'judge', answer: false },
    { form: 'order', options: ['冲', '脱', '盖'] },
  ]
  for (const part of fits) assert.ok(quizQuestionSchema.safeParse({ ...base, ...part }).success, JSON.stringify(part))
})

test('an answer that is no option, options that are the same, and a judgement without a truth are refused by field', () => {
  const wrong: [object, string][] = [
    [{ form: 'choice', options: ['冲凉水', '抹牙膏'], answer: 3 }, 'answer'],
    [{ form: 'choice', options: ['冲凉水', '冲凉水'], answer: 1 }, 'options'],
    [{ form: 'choice', options: ['冲凉水'], answer: 1 }, 'options'],
    [{ form: 'judge', answer: 1 }, 'answer'],
    [{ form: 'judge', options: ['对', '错'], answer: true }, 'options'],
    [{ form: 'order', options: ['冲', '脱'], answer: 1 }, 'answer'],
  ]
  for (const [part, field] of wrong) {
    const parsed = quizQuestionSchema.safeParse({ ...base, ...part })
    assert.ok(!parsed.success && parsed.error.issues.some(({ path }) => path[0] === field), JSON.stringify(part))
  }
})
