package dev.tethys.bench;

import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.SpanBatchReader;
import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanFilter.Operator;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.TraceLimits;
import dev.tethys.store.traces.TraceOptions;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPInputStream;

/**
 * The trace store in one process: cost of a span, latency of queries, kill -9 at full load. Exit
 * status 1 if an acknowledged span is lost or stored twice.
 */
final class TraceStoreRuns {
  private static final int BATCH = 1000;
  private static final int THREADS = 4;
  private static final Scope SCOPE = Scope.DEFAULT;
  private static final SpanField NAME = SpanField.intrinsic(SpanField.Scope.NAME);

  private static final KilledWriter WRITER =
      new KilledWriter(Writer.class, BATCH, "spans", TraceStoreRuns::batches);

  private TraceStoreRuns() {}

  /**
   * Options are {@code spans=1000000 kills=50 seed=1 rounds=9} and a corpus to store instead of
   * generated spans; 0 skips a part. A corpus is a file of export requests, each gzipped and
   * preceded by 4 bytes with its number of spans and 4 bytes with its length.
   */
  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("spans", 1_000_000)
            .with("kills", 50)
            .with("seed", 1)
            .with("rounds", 9)
            .withWords("CORPUS", w -> Files.exists(Path.of(w)))
            .read(args);
    Path dir = Files.createTempDirectory("tethys-trace-store");
    boolean sound = true;
    try {
      if (o.number("spans") > 0) {
        cost(dir.resolve("cost"), o);
      }
      if (o.count("kills") > 0) {
        sound = WRITER.kills(dir.resolve("kills"), o.count("kills"), o.number("seed"));
      }
    } finally {
      Fuzz.delete(dir);
    }
    return sound ? 0 : 1;
  }

  private static TraceDatabase open(Path dir) throws IOException {
    return TraceDatabase.open(
        new RealFiles(),
        dir,
        new TraceOptions(
            EngineOptions.defaults().withAppendWait(Duration.ofMinutes(5)), TraceLimits.DEFAULTS));
  }

  private static double cpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  static double threadCpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }

  // ---- cost and latency

  private static void cost(Path dir, Options o) throws Exception {
    try (TraceDatabase db = open(dir)) {
      if (o.words().isEmpty()) {
        generated(db, o.number("spans"), new TraceStoreSpans(o.number("seed")));
      } else {
        recorded(db, Path.of(o.words().getFirst()));
      }
      queries(db, o.count("rounds"));
      TraceQlRuns.run(db, SCOPE, o.count("rounds"));
    }
  }

  private static void generated(TraceDatabase db, long spans, TraceStoreSpans source)
      throws IOException {
    SpanBatch batch = new SpanBatch();
    double own = 0;
    double begin = cpu();
    long wall = System.nanoTime();
    long n = 0;
    for (; n * BATCH < spans; n++) {
      double before = threadCpu();
      source.fill(n, BATCH, batch);
      own += threadCpu() - before;
      db.append(SCOPE, batch);
    }
    report(db, n * BATCH, own, begin, wall);
  }

  private static void recorded(TraceDatabase db, Path corpus) throws IOException {
    SpanBatchReader reader = new SpanBatchReader();
    SpanBatch batch = new SpanBatch();
    double own = 0;
    double begin = cpu();
    long wall = System.nanoTime();
    long spans = 0;
    double unzip = 0;
    double read = 0;
    double append = 0;
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(corpus)))) {
      while (true) {
        double t0 = threadCpu();
        int rows;
        try {
          rows = in.readInt();
        } catch (java.io.EOFException e) {
          break;
        }
        byte[] zipped = in.readNBytes(in.readInt());
        double t1 = threadCpu();
        own += t1 - t0;
        byte[] body;
        try (GZIPInputStream z = new GZIPInputStream(new ByteArrayInputStream(zipped), 1 << 16)) {
          body = z.readAllBytes();
        }
        double t2 = threadCpu();
        OtlpCheck.check(OtlpSignal.TRACES, body, 0, body.length);
        reader.read(body, 0, body.length, batch.clear());
        double t3 = threadCpu();
        db.append(SCOPE, batch);
        unzip += t2 - t1;
        read += t3 - t2;
        append += threadCpu() - t3;
        spans += rows;
      }
    }
    System.out.printf(
        Locale.ROOT,
        "µs of CPU a span: gzip %.2f, check and columns %.2f, append %.2f%n",
        unzip * 1e6 / spans,
        read * 1e6 / spans,
        append * 1e6 / spans);
    report(db, spans, own, begin, wall);
  }

  private static void report(TraceDatabase db, long spans, double own, double begin, long wall)
      throws IOException {
    double seconds = (System.nanoTime() - wall) / 1e9;
    db.flush();
    db.housekeep();
    double used = cpu() - begin - own;
    System.out.printf(
        Locale.ROOT,
        "%d spans: %.2f µs of CPU a span, %.1f bytes a span on disk in %d parts, %.0f spans/s%n",
        spans,
        used * 1e6 / spans,
        (double) db.partBytes() / spans,
        db.parts(),
        spans / seconds);
  }

  private static SpanFilter is(SpanField field, String value) {
    return new SpanFilter.Compare(field, Operator.EQUAL, new SpanValue.Text(value));
  }

  private static SpanFilter number(SpanField field, Operator operator, long value) {
    return new SpanFilter.Compare(field, operator, new SpanValue.Int(value));
  }

  private static SpanFilter and(SpanFilter... all) {
    return new SpanFilter.And(List.of(all));
  }

  /** Queries by their kinds; services and keys are those of the store. */
  private static void queries(TraceDatabase db, int rounds) {
    long from = Long.MIN_VALUE;
    long to = Long.MAX_VALUE;
    List<SpanValue> services = db.values(SCOPE, SpanField.SERVICE, SpanFilter.ALL, from, to, 9);
    String service = ((SpanValue.Text) services.getLast()).value();
    long[] trace = new long[2];
    SpanNeeds ids = new SpanNeeds(true, true, false, false, List.of());
    try (SpanSelection s = db.select(SCOPE, from, to)) {
      s.segments()
          .get(s.segments().size() / 2)
          .scan(
              SpanFilter.ALL,
              ids,
              rows -> {
                trace[0] = rows.traceHigh[0];
                trace[1] = rows.traceLow[0];
              });
    }
    SpanFilter ofService = is(SpanField.SERVICE, service);
    SpanFilter failed = number(SpanField.intrinsic(SpanField.Scope.STATUS), Operator.EQUAL, 2);
    SpanFilter slow =
        number(SpanField.intrinsic(SpanField.Scope.DURATION), Operator.GREATER, 400_000_000);
    SpanField code = SpanField.span("http.response.status_code");
    SpanFilter pattern =
        new SpanFilter.Matches(SpanField.span("db.query.text"), "INSERT INTO payments .*'00.*");
    Map<String, SpanFilter> filters = new LinkedHashMap<>();
    filters.put("needle attribute", is(SpanField.span("app.order.id"), "order-3377-076fdb"));
    filters.put("service and duration", and(ofService, slow));
    filters.put("errors of a service", and(ofService, failed));
    filters.put("status 5xx", and(ofService, number(code, Operator.GREATER_OR_EQUAL, 500)));
    filters.put("regex on an attribute", pattern);
    SpanField exception = new SpanField(SpanField.Scope.EVENT_ATTRIBUTE, "exception.type");
    filters.put("exception", and(is(exception, "PaymentDeclined"), ofService));
    Map<String, Runnable> all = new LinkedHashMap<>();
    SpanNeeds start = new SpanNeeds(false, false, true, false, List.of());
    SpanNeeds byService = new SpanNeeds(false, false, true, true, List.of(SpanField.SERVICE));
    all.put("everything", () -> count(db, SpanFilter.ALL, start));
    all.put("trace by id", () -> db.trace(SCOPE, trace[0], trace[1], from, to));
    filters.forEach((name, f) -> all.put(name, () -> count(db, f, ids)));
    all.put("rate by service", () -> count(db, SpanFilter.ALL, byService));
    all.put("errors by service", () -> count(db, failed, byService));
    all.put("services", () -> db.values(SCOPE, SpanField.SERVICE, SpanFilter.ALL, from, to, 999));
    all.put("operations", () -> db.values(SCOPE, NAME, ofService, from, to, 999));
    all.put("tag names", () -> db.attributes(SCOPE, from, to));
    SpanField route = SpanField.span("http.route");
    all.put("values of a tag", () -> db.values(SCOPE, route, SpanFilter.ALL, from, to, 999));
    double product = 0;
    for (Map.Entry<String, Runnable> q : all.entrySet()) {
      double[] times = new double[rounds];
      double used = 0;
      for (int i = -3; i < rounds; i++) { // the first rounds compile
        long t = System.nanoTime();
        used = i == 0 ? threadCpu() : used;
        q.getValue().run();
        if (i >= 0) {
          times[i] = (System.nanoTime() - t) / 1e6;
        }
      }
      Arrays.sort(times);
      double each = (threadCpu() - used) * 1e3 / rounds;
      product += Math.log(each);
      System.out.printf(
          Locale.ROOT,
          "%-24s median %8.2f ms, %8.2f ms of CPU%n",
          q.getKey(),
          times[rounds / 2],
          each);
    }
    System.out.printf(
        Locale.ROOT,
        "geometric mean of CPU: %.2f ms, one thread%n",
        Math.exp(product / all.size()));
  }

  private static long count(TraceDatabase db, SpanFilter filter, SpanNeeds needs) {
    long[] n = {0};
    try (SpanSelection s = db.select(SCOPE, Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (SpanSegment g : s.segments()) {
        g.scan(filter, needs, rows -> n[0] += rows.count);
      }
    }
    return n[0];
  }

  // ---- kills

  /**
   * The process that is killed: folder, first batch; it prints the number of each acknowledged one.
   */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws Exception {
      TraceStoreSpans spans = new TraceStoreSpans(Long.parseLong(args[2]));
      AtomicLong next = new AtomicLong(Long.parseLong(args[1]));
      TraceDatabase db = open(Path.of(args[0]));
      List<Thread> all = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        all.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      SpanBatch batch = new SpanBatch();
                      while (!System.out.checkError()) {
                        long n = next.getAndIncrement();
                        spans.fill(n, BATCH, batch);
                        db.append(SCOPE, batch);
                        System.out.println(n);
                      }
                    }));
      }
      for (Thread t : all) {
        t.join();
      }
    }
  }

  /** Spans by batch, from a batch on. */
  private static Map<Long, Integer> batches(Path dir, long from) throws IOException {
    Map<Long, Integer> out = new HashMap<>();
    long begin = TraceStoreSpans.BEGIN + from * TraceStoreSpans.BATCH_NANOS;
    SpanNeeds start = new SpanNeeds(false, false, true, false, List.of());
    try (TraceDatabase db = open(dir);
        SpanSelection s = db.select(SCOPE, begin, Long.MAX_VALUE)) {
      for (SpanSegment g : s.segments()) {
        g.scan(
            SpanFilter.ALL,
            start,
            rows -> {
              for (int i = 0; i < rows.count; i++) {
                long n = (rows.start[i] - TraceStoreSpans.BEGIN) / TraceStoreSpans.BATCH_NANOS;
                out.merge(n, 1, Integer::sum);
              }
            });
      }
    }
    return out;
  }
}
