package dev.tethys.testkit;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Process of ClickHouse's engine (npm's {@code chdb}) with a test HTTP front end. Statements, types
 * and formats are the real ones; headers and status codes of the front end follow ClickHouse's
 * documentation. A test that needs it is skipped if the package is not installed.
 */
public final class ClickHouseProcess implements AutoCloseable {
  private static final String FRONT =
      """
      const [dir, port, chdb, password] = process.argv.slice(2);
      const {Session} = require(chdb);
      const fs = require('fs'), http = require('http'), zlib = require('zlib');
      const session = new Session(dir + '/data');
      let fail = [];
      let n = 0, inserts = 0;
      const undone = (b, encoding) =>
        encoding === 'gzip' ? zlib.gunzipSync(b)
          : encoding === 'deflate' ? zlib.inflateSync(b) : b;
      http.createServer((req, res) => {
        const parts = [];
        req.on('data', d => parts.push(d));
        req.on('end', async () => {
          const url = new URL(req.url, 'http://x');
          if (url.pathname === '/ping') return res.end('Ok.\\n');
          if (url.pathname === '/fail') { fail = fail.concat(JSON.parse(Buffer.concat(parts))); return res.end(); }
          if (url.pathname === '/inserts') return res.end('' + inserts);
          const refuse = (status, text) => {
            const code = /Code: (\\d+)/.exec(text);
            res.writeHead(status, code ? {'X-ClickHouse-Exception-Code': code[1]} : {});
            res.end(text);
          };
          const basic = Buffer.from((req.headers.authorization || '').slice(6), 'base64').toString().split(':')[1];
          if (password && req.headers['x-clickhouse-key'] !== password && basic !== password)
            return refuse(403, 'Code: 516. DB::Exception: Authentication failed');
          const body = undone(Buffer.concat(parts), req.headers['content-encoding']);
          const query = url.searchParams.get('query') || '';
          const f = query.startsWith('INSERT') && fail.length ? fail.shift() : null;
          if (f === 'reset') return req.socket.destroy();
          if (typeof f === 'number') return refuse(f === 252 ? 500 : 503, 'Code: ' + f + '. DB::Exception: on purpose');
          try {
            let out;
            if (query.startsWith('INSERT') && body.length) {
              inserts++;
              const file = dir + '/body' + n++;
              fs.writeFileSync(file, body);
              const settings = ['insert_deduplicate', 'insert_deduplication_token', 'input_format_binary_read_json_as_string', 'type_json_skip_duplicated_paths']
                .filter(k => url.searchParams.has(k))
                .map(k => k + "='" + url.searchParams.get(k) + "'").join(', ');
              const at = query.lastIndexOf(' FORMAT ');
              const sql = query.slice(0, at) + " FROM INFILE '" + file + "'" +
                (settings ? ' SETTINGS ' + settings : '') + query.slice(at);
              try { session.query(sql); } finally { fs.unlinkSync(file); }
              out = Buffer.alloc(0);
            } else {
              const sql = query + (query && body.length ? '\\n' : '') + body.toString();
              const m = /\\sFORMAT\\s+(\\w+)\\s*$/.exec(sql);
              const r = await session.queryAsync(m ? sql.slice(0, m.index) : sql, {format: m ? m[1] : 'TSV'});
              out = Buffer.from(r.bytes());
            }
            if (f === 'lost') return req.socket.destroy();
            res.writeHead(200, {'X-ClickHouse-Summary': '{}'});
            res.end(out);
          } catch (e) {
            const code = /Code: (\\d+)/.exec(e.message);
            refuse(code && (code[1] === '60' || code[1] === '81') ? 404 : code && code[1] === '62' ? 400 : 500, e.message);
          }
        });
      }).listen(+port, '127.0.0.1');
      """;

  private final Path dir;
  private final String password;
  private final int port = Ports.free();
  private Process process;

  /**
   * Starts the process and waits until it responds.
   *
   * @param dir directory for data and logs
   * @param password password of every user, or "" if none
   */
  public ClickHouseProcess(Path dir, String password) throws IOException, InterruptedException {
    this.dir = dir;
    this.password = password;
    Files.writeString(dir.resolve("front.cjs"), FRONT);
    process = run();
  }

  private Process run() throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(
                "node",
                dir.resolve("front.cjs").toString(),
                dir.toString(),
                Integer.toString(port),
                Shared.npm("chdb").toString(),
                password)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
            .start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!answers()) {
      if (!p.isAlive() || System.nanoTime() > deadline) {
        throw new IOException("chdb did not start: " + Files.readString(dir.resolve("log")));
      }
      TimeUnit.MILLISECONDS.sleep(50); // a foreign process: polling is the only way
    }
    return p;
  }

  private boolean answers() {
    try {
      return ask("/ping", null).equals("Ok.\n");
    } catch (IOException e) {
      return false;
    }
  }

  private String ask(String path, @Nullable String body) throws IOException {
    HttpURLConnection c = (HttpURLConnection) URI.create(url() + path).toURL().openConnection();
    if (body != null) {
      c.setDoOutput(true);
      c.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
    }
    return new String(c.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Returns the URL of the HTTP interface. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /**
   * Sets faults of the next inserts, in order: a number is a ClickHouse error, {@code "reset"} ends
   * the connection before the insert, {@code "lost"} after it.
   *
   * @param json a list
   */
  public void fail(String json) throws IOException {
    ask("/fail", json);
  }

  /** Returns the number of inserts. */
  public int inserts() throws IOException {
    return Integer.parseInt(ask("/inserts", null));
  }

  /** Ends it as a power failure would, and starts it again over its data. */
  public void killAndRestart() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    process = run();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
