package dev.tethys.bench;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import java.util.Random;

/**
 * Spans of twelve services for {@link TraceStoreRuns}: traces of eight spans, with IDs, strings and
 * numbers that repeat as little as those of real services. Batch n holds the same spans whenever it
 * is made.
 */
final class TraceStoreSpans {
  /** 2026-11-25T12:00:00Z in Unix nanoseconds. */
  static final long BEGIN = 1_795_608_000_000_000_000L;

  /** Time between the first spans of two batches. */
  static final long BATCH_NANOS = 1_000_000_000L;

  private static final int SERVICES = 12;
  private static final int TRACE = 8;
  private static final int KEPT_BITS = 40; // of random ids in strings

  private final long seed;

  TraceStoreSpans(long seed) {
    this.seed = seed;
  }

  /** Returns the trace ID of the first spans of a batch: this and its complement. */
  long trace(long n) {
    return new Random(seed ^ n * 0x9E3779B97F4A7C15L).nextLong();
  }

  /** Creates a batch; spans of batch n start in its time. */
  void fill(long n, int spans, SpanBatch to) {
    to.clear();
    Random rnd = new Random(seed ^ n * 0x9E3779B97F4A7C15L);
    int[] scopes = new int[SERVICES];
    for (int s = 0; s < SERVICES; s++) {
      text(to, to.resources, "service.name", "service-" + s);
      text(to, to.resources, "k8s.pod.name", "service-" + s + "-" + seed % 7);
      int resource = to.endResource(0);
      scopes[s] = to.endScope(resource, to.texts.add("instrumentation"), to.texts.add("1.0"), 0);
    }
    long trace = 0;
    long root = 0;
    for (int i = 0; i < spans; i++) {
      boolean first = i % TRACE == 0;
      trace = first ? rnd.nextLong() : trace;
      to.ensureSpan();
      int at = to.spans;
      to.traceHigh[at] = trace;
      to.traceLow[at] = ~trace;
      to.spanId[at] = rnd.nextLong() | 1;
      to.parentId[at] = first ? 0 : root;
      root = first ? to.spanId[at] : root;
      int service = first ? 0 : rnd.nextInt(SERVICES);
      boolean failed = rnd.nextInt(200) == 0;
      to.start[at] = BEGIN + n * BATCH_NANOS + i * (BATCH_NANOS / 2 / spans);
      to.end[at] = to.start[at] + (long) (Math.exp(rnd.nextGaussian()) * 1e6);
      to.name[at] = to.texts.add("operation " + service + "/" + rnd.nextInt(6));
      to.kind[at] = first ? 2 : 1 + rnd.nextInt(3);
      to.status[at] = failed ? 2 : 0;
      to.message[at] = failed ? to.texts.add("deadline exceeded") : 0;
      to.traceState[at] = 0;
      to.rest[at] = 0;
      to.scope[at] = scopes[service];
      AttributeRows a = to.attributes;
      text(to, a, "http.route", "/api/items/{id}/" + service);
      a.add(to.texts.add("http.response.status_code"), SpanColumn.INT, failed ? 500 : 200);
      String id = Long.toHexString(rnd.nextLong() >>> 64 - KEPT_BITS);
      text(to, a, "url.full", "http://service-" + service + ":8080/api/items/" + id);
      text(to, a, "app.order.id", "order-" + (n * spans + i));
      double amount = rnd.nextInt(100_000) / 100.0;
      a.add(to.texts.add("app.amount"), SpanColumn.DOUBLE, Double.doubleToRawLongBits(amount));
      a.add(to.texts.add("thread.id"), SpanColumn.INT, rnd.nextInt(64));
      if (failed) {
        text(to, to.eventAttributes, "exception.type", "java.io.IOException");
        to.endEvent(to.end[at], to.texts.add("exception"), 0);
      }
      to.endSpan();
    }
  }

  private static void text(SpanBatch b, AttributeRows rows, String key, String value) {
    rows.add(b.texts.add(key), SpanColumn.STRING, b.texts.add(value));
  }
}
