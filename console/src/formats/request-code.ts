/** A request, to show as code. */
export interface RequestToShow {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With scheme and host. */
  url: string;
  /** Beside `Authorization` and `Content-Type`. */
  headers?: Readonly<Record<string, string>>;
  /** A value that is JSON. */
  body?: unknown;
}

export type Language = 'curl' | 'javascript' | 'python';

/**
 * Code that sends a request, and that can be copied into a terminal or a program. The token is the environment variable
 * `TASK_API_TOKEN`.
 */
export const WRITERS: Readonly<Record<Language, (request: RequestToShow) => string>> = {
  curl: toCurl,
  javascript: toJavaScript,
  python: toPython,
};

/** For a POSIX shell. */
function toCurl({ method, url, headers = {}, body }: RequestToShow): string {
  const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${inShell(url)}`];
  lines.push('-H "Authorization: Bearer $TASK_API_TOKEN"');
  if (body !== undefined) lines.push(`-H ${inShell('Content-Type: application/json')}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${inShell(`${name}: ${value}`)}`);
  // `-d` would read a file if the text began with `@`.
  if (body !== undefined) lines.push(`--data-raw ${inShell(JSON.stringify(body))}`);
  return lines.join(' \\\n  ');
}

/** In single quotes, a shell replaces nothing. */
function inShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** An ES module, for Node, Deno and Bun. */
function toJavaScript({ method, url, headers = {}, body }: RequestToShow): string {
  const all = [
    `    Authorization: \`Bearer \${process.env.TASK_API_TOKEN}\`,`,
    ...(body === undefined ? [] : [`    'Content-Type': 'application/json',`]),
    ...Object.entries(headers).map(([name, value]) => `    ${inScript(name)}: ${inScript(value)},`),
  ];
  return [
    `const response = await fetch(${inScript(url)}, {`,
    ...(method === 'GET' ? [] : [`  method: '${method}',`]),
    '  headers: {',
    ...all,
    '  },',
    ...(body === undefined ? [] : [`  body: JSON.stringify(${indent(JSON.stringify(body, null, 2))}),`]),
    '});',
    'console.log(response.status, await response.text());',
  ].join('\n');
}

function inScript(text: string): string {
  return text.includes("'") || JSON.stringify(text) !== `"${text}"` ? JSON.stringify(text) : `'${text}'`;
}

/** With the package `requests`. */
function toPython({ method, url, headers = {}, body }: RequestToShow): string {
  const all = [
    `        "Authorization": f"Bearer {os.environ['TASK_API_TOKEN']}",`,
    ...Object.entries(headers).map(([name, value]) => `        ${JSON.stringify(name)}: ${JSON.stringify(value)},`),
  ];
  return [
    'import os',
    '',
    'import requests',
    '',
    `response = requests.${method.toLowerCase()}(`,
    `    ${JSON.stringify(url)},`,
    '    headers={',
    ...all,
    '    },',
    ...(body === undefined ? [] : [`    json=${toPythonValue(body, '    ')},`]),
    ')',
    'print(response.status_code, response.text)',
  ].join('\n');
}

/** A string of JSON is one of Python too; other names of constants and the indentation differ. */
function toPythonValue(value: unknown, margin: string): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${margin}    `;
  const items = Array.isArray(value)
    ? value.map((item) => `${inner}${toPythonValue(item, inner)},\n`)
    : Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([name, item]) => `${inner}${JSON.stringify(name)}: ${toPythonValue(item, inner)},\n`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return items.length === 0 ? `${open}${close}` : `${open}\n${items.join('')}${margin}${close}`;
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}
