// What the Maven build of this module runs: `node build/maven.mjs build|test`.
// Work that would give the same result again is skipped: stamps below target/ hold the hash of what it was made from.
import { spawn } from 'node:child_process';
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

/** Far more than a slow machine takes: what takes longer stands still, and the build must not stand still with it. */
const PATIENCE_MINUTES = 15;
const windows = process.platform === 'win32';

async function run(command, ...args) {
  // A process group of its own: what npm starts holds the output open, and ends only with it.
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell: windows, detached: !windows });
  const kill = () => (windows ? child.kill() : process.kill(-child.pid, 'SIGKILL'));
  const stopped = () => {
    kill();
    process.exit(1);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const s of signals) process.once(s, stopped);
  const told = `${command} ${args.join(' ')}`;
  let late = false;
  const patience = setTimeout(() => {
    late = true;
    kill();
  }, PATIENCE_MINUTES * 60_000);
  try {
    await new Promise((resolve, reject) => {
      child.once('error', (e) =>
        reject(
          new Error(
            `${command} could not be started: ${e.message}. Node 20.19 or newer with npm is needed; -DskipUi builds without the interface`,
          ),
        ),
      );
      child.once('exit', (status) => {
        if (late) reject(new Error(`${told} did not end within ${PATIENCE_MINUTES} minutes and was killed`));
        else if (status !== 0) reject(new Error(`${told} failed`));
        else resolve();
      });
    });
  } finally {
    clearTimeout(patience);
    for (const s of signals) process.off(s, stopped);
  }
}

/** Dependencies live as long as the lock file; `mvn clean` keeps them. */
async function install() {
  const stamp = join(root, 'node_modules', '.tethys-lock');
  const wanted = hash(['package-lock.json']);
  if (read(stamp) === wanted) return;
  await run('npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund');
  writeFileSync(stamp, wanted);
}

async function build() {
  const stamp = join(target, 'ui.stamp');
  const wanted = hash(INPUTS);
  if (read(stamp) === wanted && existsSync(join(dist, 'index.html'))) return;
  await install();
  // Maven copies resources but never removes them: files of former builds carry other names.
  rmSync(join(target, 'classes', 'ui'), { recursive: true, force: true });
  await run('npm', 'run', '--silent', 'build', '--', '--outDir', dist, '--emptyOutDir', '--logLevel', 'warn');
  mkdirSync(target, { recursive: true });
  writeFileSync(stamp, wanted);
}

async function test(skip) {
  // -DskipTests, -Dmaven.test.skip, or a Java test asked for by name.
  if (skip.some((value) => value !== '' && value !== 'false' && !value.startsWith('${'))) return;
  await install();
  await run('npm', 'run', '--silent', 'check');
  await run('npm', 'test', '--silent', '--', '--reporter=dot');
}

try {
  const [task, ...rest] = process.argv.slice(2);
  if (task === 'build') await build();
  else if (task === 'test') await test(rest);
  else throw new Error(`unknown task ${task}: build or test`);
} catch (e) {
  console.error(`ui: ${e.message}.`);
  process.exit(1);
}
