import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isDateTime } from '../../src/formats/date-time.ts';
import { isEmailAddress } from '../../src/formats/email-address.ts';
import { PORTABLE_PATTERNS } from '../../src/openapi/portable-patterns.ts';

/** A JSON Schema, as much of it as the generator looks at. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  readOnly?: boolean;
  maxItems?: number;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  schema: Schema;
  /** Whether the text is a value of the schema. */
  isValid: (text: string) => boolean;
}

/** One operation of the document, its references followed. */
export interface Operation {
  id: string;
  method: string;
  path: string;
  parameters: Parameter[];
  body: { schema: Schema; isValid: (value: unknown) => boolean } | undefined;
  responses: Record<string, ResponseDescription>;
}

export interface ResponseDescription {
  /** By lower-case name: whether it must be there, and what its value must be. */
  headers: Record<string, { required: boolean; isValid: (value: string) => boolean }>;
  /** What is wrong with a body, or undefined; undefined where there is to be none. */
  validate: ((body: unknown) => string | undefined) | undefined;
  /** Whether the body can be lines of JSON. */
  lines: boolean;
}

type Json = Record<string, unknown>;

/** Only in this form is a text an integer (contract, sections 2 and 3). */
const INTEGER = /^(?:0|[1-9]\d*)$/;

const METHODS = ['get', 'post', 'patch', 'delete', 'put'];

/** Everything that an OpenAPI document says of its operations, in a form to test by. */
export function readOperations(published: Json): Operation[] {
  const document = withExactPatterns(published);
  const ajv = new Ajv2020({ strict: false, validateFormats: true });
  ajv.addFormat('idn-email', isEmailAddress);
  ajv.addFormat('date-time', isDateTime);
  ajv.addSchema(document, 'document');
  const compile = (...steps: string[]): ValidateFunction => ajv.compile({ $ref: `document#${pointer(steps)}` });

  function follow(steps: string[]): { value: Json; steps: string[] } {
    const value = steps.reduce<unknown>((node, step) => (node as Json)[step], document) as Json;
    if (typeof value.$ref !== 'string') return { value, steps };
    return follow(value.$ref.slice('#/'.length).split('/').map(unescapeStep));
  }

  function schemaAt(steps: string[]): Schema {
    const { value, steps: base } = follow(steps);
    const { properties, items } = value as Schema;
    if (items !== undefined) return { ...(value as Schema), items: schemaAt([...base, 'items']) };
    if (properties === undefined) return value as Schema;
    const names = Object.keys(properties);
    return {
      ...(value as Schema),
      properties: Object.fromEntries(names.map((name) => [name, schemaAt([...base, 'properties', name])])),
    };
  }

  function responseAt(steps: string[]): ResponseDescription {
    const { value, steps: base } = follow(steps);
    const headers = Object.keys((value.headers as Json | undefined) ?? {}).map((name) => {
      const header = follow([...base, 'headers', name]);
      const { type } = schemaAt([...header.steps, 'schema']);
      const isValid = compile(...header.steps, 'schema');
      const read = (text: string) => (type === 'integer' ? Number(text) : text);
      return [
        name.toLowerCase(),
        { required: header.value.required === true, isValid: (text: string) => isValid(read(text)) as boolean },
      ];
    });
    const content = value.content as Json | undefined;
    if (content === undefined) return { headers: Object.fromEntries(headers), validate: undefined, lines: false };
    const isValid = compile(...base, 'content', Object.keys(content)[0] as string, 'schema');
    const validate = (body: unknown) => (isValid(body) ? undefined : ajv.errorsText(isValid.errors));
    return { headers: Object.fromEntries(headers), validate, lines: 'application/x-ndjson' in content };
  }

  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(document.paths as Record<string, Json>)) {
    for (const method of METHODS.filter((name) => name in item)) {
      const base = ['paths', path, method];
      const operation = item[method] as Json;
      const parameters = ((operation.parameters as Json[] | undefined) ?? []).map((_, index) => {
        const { value, steps } = follow([...base, 'parameters', String(index)]);
        const schema = schemaAt([...steps, 'schema']);
        const validate = compile(...steps, 'schema');
        const isValid = (text: string) => validate(readText(text, schema)) as boolean;
        return { name: value.name, in: value.in, schema, isValid } as Parameter;
      });
      const bodySteps = [...base, 'requestBody', 'content', 'application/json', 'schema'];
      const validateBody = operation.requestBody === undefined ? undefined : compile(...bodySteps);
      operations.push({
        id: String(operation.operationId),
        method: method.toUpperCase(),
        path,
        parameters,
        body: validateBody && { schema: schemaAt(bodySteps), isValid: (value) => validateBody(value) as boolean },
        responses: Object.fromEntries(
          Object.keys(operation.responses as Json).map((status) => [
            status,
            responseAt([...base, 'responses', status]),
          ]),
        ),
      });
    }
  }
  return operations;
}

/** The value that the text of a parameter stands for. */
function readText(text: string, { type, items = {} }: Schema): unknown {
  if (type === 'array') return text.split(',').map((item) => readText(item, items));
  if (type === 'integer' && INTEGER.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** The document with the rules that its descriptions give in place of the patterns that every language can read. */
function withExactPatterns(document: Json): Json {
  const exact = new Map([...PORTABLE_PATTERNS].map(([pattern, portable]) => [portable.pattern, pattern]));
  return JSON.parse(JSON.stringify(document), (key, value) =>
    key === 'pattern' ? (exact.get(value) ?? value) : value,
  );
}

/** RFC 6901, and escaped for the fragment of a URI. */
function pointer(steps: string[]): string {
  return steps.map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');
}

function unescapeStep(step: string): string {
  return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
}
