// Bundles the guards' page: hashed names, an index that names them, the licences of what is bundled.
// Usage: node build.mjs [OUTPUT_FOLDER]
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, '..', 'static'));
const BUDGET = 60 * 1024; // a tablet on the gate's Wi-Fi paints within a second

const result = await build({
  absWorkingDir: here,
  entryPoints: { app: 'src/main.js', page: 'src/page.css' },
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: ['es2021', 'chrome100', 'firefox100', 'safari15'],
  legalComments: 'none',
  charset: 'utf8',
  outdir: 'out',
});

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
let index = readFileSync(join(here, 'src', 'index.html'), 'utf8');
let total = 0;
const files = result.outputFiles.map((file) => [file.path.split(/[\\/]/).pop(), file.contents]);
files.push(['icon.svg', readFileSync(join(here, 'src', 'icon.svg'))]);
for (const [name, contents] of files) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  const hashed = name.replace(/\.(\w+)$/, `-${hash}.$1`);
  writeFileSync(join(out, hashed), contents);
  index = index.replace(`%${name}%`, `/static/${hashed}`);
  total += gzipSync(contents, { level: 9 }).length;
}
writeFileSync(join(out, 'index.html'), index);
writeFileSync(join(out, 'LICENSES.txt'), licences(result.metafile));
console.log(`${out}: ${total} bytes gzip`);
if (total > BUDGET) {
  console.error(`the page is larger than its budget of ${BUDGET} bytes`);
  process.exit(1);
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
