package dev.tethys.app.server;

import dev.tethys.codec.loki.PushWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Log entries and log queries of the training run for the start-up cache. Most code that a log
 * server runs is the block encoder and the column readers, so the entries are of the usual kinds:
 * access lines, logfmt, JSON, text, stack traces, with identifiers, numbers, words and times.
 */
final class WarmUpLogs {
  private static final int REQUESTS = 60;
  private static final int ENTRIES = 1000;
  private static final int ROUNDS = 6;
  private static final long SPAN_NANOS = 3_600_000_000_000L;
  private static final String[] LEVELS = {"info", "info", "info", "warn", "error", "debug"};
  private static final String[] APPS = {"shop", "cart", "mail", "api", "db", "edge"};

  private static final String[] QUERIES = {
    "sum(count_over_time({app=~\".+\"}[1h]))",
    "sum(count_over_time({app=~\".+\"} |= \"9c41-5a7d3b9e2c41\" [1h]))",
    "sum(count_over_time({app=~\".+\"} |= \"timed out\" [1h]))",
    "sum(count_over_time({app=\"shop\"} |~ \"(?i)OUTOFMEMORY\" [1h]))",
    "sum(count_over_time({app=~\".+\"} |~ \"took [0-9]{2,4}ms\" [1h]))",
    "sum(count_over_time({app=~\".+\"} |~ \"[0-9]{2}\\\\.[0-9]ms\" [1h]))",
    "sum(count_over_time({app=\"api\"} != \"timed out\" !~ \"took [0-9]+ms\" [1h]))",
    "sum by (level) (count_over_time({app=~\".+\"}[1m]))",
    "sum by (app) (rate({app=~\".+\"}[5m]))",
    "sum by (app) (count_over_time({app=~\".+\"} | level=\"error\" |= \"reset\" [5m]))",
    "sum by (app) (bytes_over_time({app=~\".+\"}[5m]))",
    "sum(count_over_time({app=\"cart\"} | json | __error__=\"\" | status >= 500 [1h]))",
    "sum by (status) (count_over_time({app=\"cart\"} | json status | __error__=\"\" [5m]))",
    "quantile_over_time(0.99, {app=\"mail\"} | logfmt | __error__=\"\" | unwrap took |"
        + " __error__=\"\" [5m]) by (app)",
    "topk(5, sum by (pod) (count_over_time({app=~\".+\"}[1h])))",
    "{app=\"shop\"} |= \"timed out\"",
    "{app=~\".+\"}",
    "{app=~\".+\"} | trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\""
  };

  /** Sends a request. */
  @FunctionalInterface
  interface Sender {
    void send(ClientRequest call) throws IOException, InterruptedException;
  }

  private final Sender sender;
  private final String base;
  private final long begin; // Unix nanoseconds

  /**
   * @param end Unix milliseconds of the newest entry
   */
  WarmUpLogs(Sender sender, String base, long end) {
    this.sender = sender;
    this.base = base;
    begin = end * 1_000_000 - SPAN_NANOS;
  }

  /** Pushes entries and writes them into parts. */
  void write() throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(1);
    List<String> words = words(random);
    for (int request = 0; request < REQUESTS; request++) {
      PushWriter w = new PushWriter();
      for (int i = 0; i < ENTRIES; i++) {
        long time = begin + (request * (long) ENTRIES + i) * (SPAN_NANOS / REQUESTS / ENTRIES);
        int app = random.nextInt(APPS.length);
        String level = LEVELS[random.nextInt(LEVELS.length)];
        String stream =
            "{app=\"" + APPS[app] + "\", pod=\"" + APPS[app] + "-" + random.nextInt(3) + "\"}";
        Labels metadata =
            i % 10 == 0
                ? Labels.of("level", level, "trace_id", hex(random, 16) + hex(random, 16))
                : Labels.of("level", level);
        w.add(stream, time, line(app, level, time, words, random), metadata);
      }
      byte[] body = w.toByteArray();
      post("/loki/api/v1/push", SnappyBlock.encode(body, 0, body.length));
      if (request % 20 == 19) {
        post("/flush", new byte[0]);
      }
    }
  }

  private void post(String path, byte[] body) throws IOException, InterruptedException {
    sender.send(ClientRequest.post(URI.create(base + path), "application/x-protobuf", body));
  }

  private static List<String> words(SplittableRandom random) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      StringBuilder b = new StringBuilder();
      for (int k = 3 + random.nextInt(9); k > 0; k--) {
        b.append((char) ('a' + random.nextInt(26)));
      }
      out.add(b.toString());
    }
    return out;
  }

  private static String hex(SplittableRandom random, int digits) {
    return Long.toHexString(random.nextLong() | 1L << 62).substring(0, digits);
  }

  private static String line(
      int app, String level, long time, List<String> words, SplittableRandom r) {
    SplittableRandom template = new SplittableRandom(app * 100L + r.nextInt(60));
    String one = words.get(template.nextInt(words.size()));
    String two = words.get(template.nextInt(words.size()));
    double d = r.nextDouble();
    String word = words.get((int) (words.size() * d * d));
    String stamp = java.time.Instant.ofEpochSecond(0, time).toString();
    return switch (app) {
      case 0 ->
          stamp
              + " [worker-"
              + r.nextInt(20)
              + "] "
              + level
              + " "
              + one
              + " "
              + two
              + (r.nextInt(30) == 0 ? " timed out" : "")
              + " took "
              + r.nextInt(5000)
              + "ms for "
              + word
              + (r.nextInt(40) == 0 ? stack(words, r) : "");
      case 1 ->
          "{\"ts\":\""
              + stamp
              + "\",\"level\":\""
              + level
              + "\",\"msg\":\""
              + one
              + " "
              + two
              + "\",\"status\":"
              + (r.nextInt(20) == 0 ? 500 : 200)
              + ",\"id\":\""
              + hex(r, 8)
              + "-"
              + hex(r, 4)
              + "-"
              + hex(r, 12)
              + "\",\"name\":\""
              + word
              + "\"}";
      case 2 ->
          "ts="
              + stamp
              + " level="
              + level
              + " msg=\""
              + one
              + " "
              + two
              + "\" took="
              + r.nextInt(100_000) / 1000.0
              + " user="
              + word
              + " id="
              + hex(r, 16);
      case 3 ->
          "10.0."
              + r.nextInt(256)
              + "."
              + r.nextInt(256)
              + " - - \"GET /"
              + one
              + "/"
              + r.nextInt(100_000)
              + " HTTP/1.1\" 200 "
              + r.nextInt(50_000)
              + " \""
              + two
              + "\" "
              + r.nextInt(1000) / 10.0
              + "ms";
      case 4 ->
          "duration: "
              + r.nextInt(90_000) / 1000.0
              + " ms  statement: SELECT "
              + one
              + " FROM "
              + two
              + " WHERE id IN ("
              + r.nextInt(1_000_000)
              + ", "
              + r.nextInt(1_000_000)
              + ") AND name = '"
              + word
              + "'";
      default ->
          "\u001b[2m"
              + stamp
              + "\u001b[0m "
              + one
              + ": connection reset by "
              + word
              + " ("
              + r.nextInt(1000)
              + "KiB) é";
    };
  }

  private static String stack(List<String> words, SplittableRandom r) {
    StringBuilder b = new StringBuilder("\njava.lang.IllegalStateException: OutOfMemory");
    for (int i = r.nextInt(12); i >= 0; i--) {
      b.append("\n\tat c.e.").append(words.get(r.nextInt(words.size()))).append("(X.java:");
      b.append(r.nextInt(900)).append(')');
    }
    return b.toString();
  }

  /** Runs queries over parts. */
  void read() throws IOException, InterruptedException {
    String range = "&start=" + begin + "&end=" + (begin + SPAN_NANOS);
    for (int round = 0; round < ROUNDS; round++) {
      for (String q : QUERIES) {
        String query = "query=" + URLEncoder.encode(q, StandardCharsets.UTF_8);
        get("/loki/api/v1/query_range?" + query + range + "&step=60&limit=100");
        if (!q.startsWith("{")) {
          get("/loki/api/v1/query?" + query + "&time=" + (begin + SPAN_NANOS));
        }
      }
      String all = "query=" + URLEncoder.encode("{app=~\".+\"}", StandardCharsets.UTF_8) + range;
      get("/loki/api/v1/patterns?" + all);
      get("/loki/api/v1/index/volume?" + all);
      get("/loki/api/v1/label/pod/values?" + all);
      get("/loki/api/v1/series?" + all.replace("query=", "match%5B%5D="));
    }
  }

  private void get(String path) throws IOException, InterruptedException {
    sender.send(ClientRequest.get(URI.create(base + path)));
  }
}
