// Bundles the guards' page: hashed names, an index that names them, the licences of what is bundled.
// What the desk needs at once is one part; each further view and the second language are parts of their own.
// Usage: node build.mjs [OUTPUT_FOLDER]
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, '..', 'static'));
const BUDGET = 60 * 1024; // a tablet on the gate's Wi-Fi paints within a second
const PART_BUDGET = 40 * 1024; // a view that is opened by hand

const result = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.js', page: 'src/page.css' },
  bundle: true,
  splitting: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: ['es2021', 'chrome100', 'firefox100', 'safari15'],
  legalComments: 'none',
  charset: 'utf8',
  outdir: 'out',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
});

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const sizes = {};
for (const { path, contents } of result.outputFiles) put(basename(path), contents);
const icon = readFileSync(join(here, 'src', 'icon.svg'));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
put(iconName, icon);

const outputs = Object.fromEntries(Object.entries(result.metafile.outputs).map(([path, made]) => [basename(path), made]));
const entry = (source) => Object.keys(outputs).find((name) => outputs[name].entryPoint === source);
const app = entry('src/main.js');
const first = staticParts(app);
const index = readFileSync(join(here, 'src', 'index.html'), 'utf8')
  .replace('%icon.svg%', `/static/${iconName}`)
  .replace('%page.css%', `/static/${entry('src/page.css')}`)
  .replace('%app.js%', `/static/${app}`)
  .replace('%preload%', first.slice(1).map((name) => `<link rel="modulepreload" href="/static/${name}">`).join('\n'));
writeFileSync(join(out, 'index.html'), index);
writeFileSync(join(out, 'LICENSES.txt'), licences(result.metafile));

const atOnce = [...first, entry('src/page.css'), iconName].reduce((sum, name) => sum + sizes[name], 0);
const later = Object.keys(sizes).filter((name) => name.endsWith('.js') && !first.includes(name));
console.log(`${out}: ${atOnce} bytes gzip at once, ${later.reduce((sum, name) => sum + sizes[name], 0)} in ${later.length} parts when asked for`);
for (const name of later) if (sizes[name] > PART_BUDGET) fail(`${name} is larger than ${PART_BUDGET} bytes: ${sizes[name]}`);
if (atOnce > BUDGET) fail(`the page is larger than its budget of ${BUDGET} bytes`);

function put(name, contents) {
  writeFileSync(join(out, name), contents);
  sizes[name] = gzipSync(contents, { level: 9 }).length;
}

function fail(text) {
  console.error(text);
  process.exit(1);
}

/** A script and all that it imports before it runs. */
function staticParts(name, found = []) {
  if (found.includes(name)) return found;
  found.push(name);
  for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') staticParts(basename(path), found);
  return found;
}

/** The licence text of every package that went into the bundle. */
function licences(metafile) {
  const names = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/);
    if (match) names.add(match[1]);
  }
  return [...names].sort().map((name) => {
    const folder = join(here, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map((f) => join(folder, f)).find(existsSync);
    if (!file) throw new Error(`${name} ships no licence text`);
    return `${name} ${version} (${license})\n\n${readFileSync(file, 'utf8').trim()}\n`;
  }).join('\n' + '-'.repeat(78) + '\n\n');
}
