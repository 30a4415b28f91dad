// What the Maven build of this module runs: `node build/maven.mjs build|test`.
// Work that would give the same result again is left out: stamps below target/ hold the hash of what it was made from.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'target');
const dist = join(target, 'dist');
const INPUTS = [
  'index.html',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vite.config.ts',
  'public',
  'src',
];

function files(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => files(join(path, name)));
}

function hash(paths) {
  const digest = createHash('sha256').update(process.version);
  for (const file of paths.flatMap((path) => files(join(root, path)))) {
    digest.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return digest.digest('hex');
}

const read = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : '');

function run(command, ...args) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (result.error)
    throw new Error(
      `${command} could not be started: ${result.error.message}. Node 20.19 or newer with npm is needed; -DskipUi builds without the interface`,
    );
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')} failed`);
}

/** Dependencies live as long as the lock file; `mvn clean` keeps them. */
function install() {
  const stamp = join(root, 'node_modules', '.tethys-lock');
  const wanted = hash(['package-lock.json']);
  if (read(stamp) === wanted) return;
  run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
  writeFileSync(stamp, wanted);
}

function build() {
  const stamp = join(target, 'ui.stamp');
  const wanted = hash(INPUTS);
  if (read(stamp) === wanted && existsSync(join(dist, 'index.html'))) return;
  install();
  // Maven copies resources but never removes them: files of former builds carry other names.
  rmSync(join(target, 'classes', 'ui'), { recursive: true, force: true });
  run('npm', 'run', '--silent', 'build', '--', '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn');
  mkdirSync(target, { recursive: true });
  writeFileSync(stamp, wanted);
}

function test(skip) {
  // -DskipTests, -Dmaven.test.skip, or a Java test asked for by name.
  if (skip.some((value) => value !== '' && value !== 'false' && !value.startsWith('${'))) return;
  install();
  run('npm', 'run', '--silent', 'check');
  run('npm', 'test', '--silent', '--', '--reporter=dot');
}

try {
  const [task, ...rest] = process.argv.slice(2);
  if (task === 'build') build();
  else if (task === 'test') test(rest);
  else throw new Error(`unknown task ${task}: build or test`);
} catch (e) {
  console.error(`ui: ${e.message}.`);
  process.exit(1);
}
