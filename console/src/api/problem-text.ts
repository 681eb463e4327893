import { t } from '../i18n/t.ts';
import { type FieldProblem, type FieldSchema, isBlank } from './validate.ts';

const FORMATS = { 'idn-email': 'ui.noEmail', uri: 'ui.noUrl', 'date-time': 'ui.noDateTime' } as const;

/** What is wrong with a value, in the reader's language. It is shown beside the field, so it does not name the field. */
export function problemText({ reason, message }: FieldProblem, schema: FieldSchema, value: unknown): string {
  const { format, minimum, maximum, maxLength } = schema;
  if (value === undefined || (typeof value === 'string' && isBlank(value))) return t('ui.isRequired');
  if (Array.isArray(value) && value.length === 0) return t('ui.noneSelected');
  if (minimum !== undefined && maximum !== undefined) return t('ui.outOfRange', { minimum, maximum });
  if (reason === 'String too long' && maxLength !== undefined) return t('ui.tooLong', { count: maxLength });
  if (reason === 'Invalid value') return t('ui.noChoice');
  if (format !== undefined) return t(FORMATS[format as keyof typeof FORMATS]);
  return reason === 'Invalid format' ? t('ui.invalidCharacters') : message;
}
