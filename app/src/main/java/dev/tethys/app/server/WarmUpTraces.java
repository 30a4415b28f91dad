package dev.tethys.app.server;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.web.client.ClientRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;

/**
 * Spans and TraceQL queries of the training run for the start-up cache. Half of the spans are in
 * parts and the rest in memory; queries of each kind read both.
 */
final class WarmUpTraces {
  private static final int REQUESTS = 60;
  private static final int TRACES = 100; // of a request
  private static final int SPANS = 12; // of a trace
  private static final int ROUNDS = 8;
  private static final int FLUSH_EACH = 20;
  private static final long SPAN_NANOS = 3_600_000_000_000L;
  private static final String[] SERVICES = {"edge", "shop", "cart", "pay", "mail", "stock"};

  private static final String[] SEARCHES = {
    "{ span.app.order = \"order-77\" }",
    "{ .app.order = \"order-78\" }",
    "{ resource.service.name = \"cart\" && duration > 40ms }",
    "{ resource.service.name = \"cart\" } with (most_recent=true)",
    "{ resource.service.name = \"pay\" && status = error }",
    "{ kind = server && span.http.response.status_code >= 500 }",
    "{ span.db.query.text =~ \"SELECT .* id = 1.*\" } | select(status, span.db.system.name)",
    "{ event.exception.type = \"Declined\" && resource.service.name = \"pay\" }",
    "{ resource.service.name = \"shop\" } >> { resource.service.name = \"stock\" && status = error"
        + " }",
    "{ resource.service.name = \"shop\" && kind = server } > { kind = client && duration > 5ms }",
    "{ resource.service.name = \"mail\" && status = error } && { resource.service.name = \"cart\""
        + " }",
    "{ resource.service.name = \"stock\" } | count() > 3",
    "{ resource.service.name = \"stock\" } | avg(duration) > 20ms",
    "{ resource.service.name = \"edge\" && nestedSetParent < 0 && duration > 60ms }",
    "{ traceDuration > 300ms }",
    "{ }"
  };

  private static final String[] METRICS = {
    "{ } | rate()",
    "{ } | rate() by (resource.service.name)",
    "{ status = error } | rate() by (resource.service.name)",
    "{ kind = server } | quantile_over_time(duration, .5, .99) by (resource.service.name)",
    "{ } | histogram_over_time(duration) by (name)",
    "{ span.db.system.name = \"postgresql\" && duration > 5ms } | rate() by (name, span.peer)",
    "{ resource.service.name = \"pay\" } | compare({ status = error })"
  };

  private final WarmUpLogs.Sender sender;
  private final String base;
  private final long begin; // Unix nanoseconds
  private final String traceId;

  /**
   * @param end Unix milliseconds of the newest span
   */
  WarmUpTraces(WarmUpLogs.Sender sender, String base, long end) {
    this.sender = sender;
    this.base = base;
    begin = end * 1_000_000 - SPAN_NANOS;
    traceId = HexFormat.of().toHexDigits(trace(5, 5)) + HexFormat.of().toHexDigits(7L);
  }

  private static long trace(int request, int trace) {
    return new SplittableRandom(request * 1000L + trace).nextLong();
  }

  /** Pushes spans and writes some of them into parts. */
  void write() throws IOException, InterruptedException {
    SplittableRandom random = new SplittableRandom(1);
    SpanBatch batch = new SpanBatch();
    OtlpWriter writer = new OtlpWriter();
    for (int request = 0; request < REQUESTS; request++) {
      fill(request, random, batch.clear());
      ByteArrayOutputStream zipped = new ByteArrayOutputStream();
      try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
        out.write(writer.write(batch.data()));
      }
      URI push = URI.create(base + "/v1/traces");
      sender.send(
          ClientRequest.post(push, "application/x-protobuf", zipped.toByteArray())
              .withHeader("Content-Encoding", "gzip"));
      if (request % FLUSH_EACH == FLUSH_EACH - 1 && request < REQUESTS - 1) {
        sender.send(ClientRequest.post(URI.create(base + "/flush"), "text/plain", new byte[0]));
      }
    }
  }

  private void fill(int request, SplittableRandom random, SpanBatch to) {
    int[] scopes = new int[SERVICES.length];
    for (int s = 0; s < SERVICES.length; s++) {
      text(to, to.resources, "service.name", SERVICES[s]);
      text(to, to.resources, "k8s.pod.name", SERVICES[s] + "-" + request % 5);
      int resource = to.endResource(0);
      scopes[s] = to.endScope(resource, to.texts.add("http"), to.texts.add("1.0"), 0);
    }
    long step = SPAN_NANOS / REQUESTS / TRACES;
    for (int t = 0; t < TRACES; t++) {
      long start = begin + (request * (long) TRACES + t) * step;
      long[] ids = new long[SPANS];
      for (int i = 0; i < SPANS; i++) {
        ids[i] = random.nextLong() | 1;
        long parent = i == 0 ? 0 : ids[(i - 1) / 2];
        int service = i == 0 ? 0 : random.nextInt(SERVICES.length);
        span(to, request, t, i, start + i * 1_000_000L, random);
        int at = to.spans;
        to.spanId[at] = ids[i];
        to.parentId[at] = parent;
        to.scope[at] = scopes[service];
        to.endSpan();
      }
    }
  }

  private static void span(
      SpanBatch to, int request, int trace, int i, long start, SplittableRandom random) {
    to.ensureSpan();
    int at = to.spans;
    boolean failed = random.nextInt(30) == 0;
    to.traceHigh[at] = trace(request, trace);
    to.traceLow[at] = 7;
    to.start[at] = start;
    to.end[at] = start + (long) (random.nextDouble() * random.nextDouble() * 1e8);
    to.name[at] = to.texts.add((i % 3 == 2 ? "SELECT " : "GET /") + random.nextInt(9));
    to.kind[at] = i % 3 == 0 ? 2 : i % 3 == 1 ? 3 : 1;
    to.status[at] = failed ? 2 : 0;
    to.message[at] = failed ? to.texts.add("deadline exceeded") : 0;
    to.traceState[at] = 0;
    to.rest[at] = 0;
    AttributeRows a = to.attributes;
    if (i % 3 == 2) {
      text(to, a, "db.system.name", "postgresql");
      text(to, a, "db.query.text", "SELECT * FROM items WHERE id = " + random.nextInt(10_000));
      text(to, a, "peer", "db-" + random.nextInt(4));
    } else {
      text(to, a, "http.route", "/items/{id}/" + i % 4);
      number(to, a, "http.response.status_code", failed ? 500 : 200);
      text(to, a, "app.order", "order-" + (request * TRACES + trace));
    }
    double amount = random.nextInt(100_000) / 100.0;
    a.add(to.texts.add("amount"), SpanColumn.DOUBLE, Double.doubleToRawLongBits(amount));
    number(to, a, "thread.id", random.nextInt(64));
    if (failed) {
      text(to, to.eventAttributes, "exception.type", i % 2 == 0 ? "Declined" : "TimeOut");
      to.endEvent(to.end[at], to.texts.add("exception"), 0);
    }
  }

  private static void number(SpanBatch b, AttributeRows rows, String key, long value) {
    rows.add(b.texts.add(key), SpanColumn.INT, value);
  }

  private static void text(SpanBatch b, AttributeRows rows, String key, String value) {
    rows.add(b.texts.add(key), SpanColumn.STRING, b.texts.add(value));
  }

  /** Runs queries over spans in parts and in memory. */
  void read() throws IOException, InterruptedException {
    long first = begin / 1_000_000_000;
    long last = first + SPAN_NANOS / 1_000_000_000 + 1;
    String range = "&start=" + first + "&end=" + last;
    for (int round = 0; round < ROUNDS; round++) {
      for (String q : SEARCHES) {
        get(
            "/tempo/api/search?limit="
                + (round % 2 == 0 ? 20 : 1000)
                + "&spss=3&q="
                + text(q)
                + range);
      }
      for (String q : METRICS) {
        String step = round % 2 == 0 ? "60s" : "300s";
        get("/tempo/api/metrics/query_range?step=" + step + "&q=" + text(q) + range);
      }
      String one = "?" + range.substring(1);
      get("/tempo/api/v2/traces/" + traceId + one);
      get("/tempo/api/v2/search/tags" + one);
      get("/tempo/api/v2/search/tag/resource.service.name/values" + one);
      get("/tempo/api/v2/search/tag/span.http.route/values" + one);
      String of = "&q=" + text("{resource.service.name=\"cart\"}");
      get("/tempo/api/v2/search/tag/name/values" + one + of);
      String micros = "?start=" + first + "000000&end=" + last + "000000";
      get("/jaeger/api/services" + micros);
      get("/jaeger/api/services/cart/operations" + micros);
      get("/jaeger/api/traces" + micros + "&service=cart&limit=20");
      get("/jaeger/api/traces/" + traceId + micros);
    }
  }

  private static String text(String query) {
    return URLEncoder.encode(query, StandardCharsets.UTF_8);
  }

  private void get(String path) throws IOException, InterruptedException {
    sender.send(ClientRequest.get(URI.create(base + path)));
  }
}
