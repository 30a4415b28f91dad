package dev.tethys.collect.logs.cloudflare;

import dev.tethys.collect.logs.CursorProgress;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceThreads;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads request logs of a zone, one time range after another. The parts of a range are requested
 * concurrently and forwarded in order, each only when complete. The last minute is not requested,
 * because Cloudflare is still writing it.
 *
 * <p>The position is the time before which everything is delivered. Promtail's position, saved next
 * to it, is the end of the range that Promtail would request next.
 */
final class CloudflareSource implements LogSource {
  private static final System.Logger LOG = JulLogger.of(CloudflareSource.class.getName());
  private static final JsonFactory JSON = new JsonFactory();

  /** Delay before logs become available from the API. */
  static final Duration DELAY = Duration.ofMinutes(1);

  /** Maximum line length; the rest of a longer line is skipped. */
  private static final int MAX_LINE = 16 << 20;

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

  /** Interval of clock checks while no range is due. */
  private static final Duration CHECK_INTERVAL = Duration.ofSeconds(1);

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(2);

  /**
   * Received part of a range.
   *
   * @param received null if none
   * @param divided whether it must be requested in smaller parts
   */
  private record Part(Span span, Logpull.@Nullable Received received, boolean divided) {}

  private final CloudflareConfig config;
  private final SourceContext context;
  private final Logpull logpull;
  private final CursorProgress<Long> progress;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Registry.Counter entries;
  private final Registry.Gauge lastEnd;
  private final Registry.Counter gone;
  private @Nullable Thread thread;
  private long next; // where the next range begins; the thread's
  private long saved; // guarded by progress
  private volatile String problem = "";

  CloudflareSource(CloudflareConfig config, SourceContext context) {
    this.config = config;
    this.context = context;
    this.logpull = new Logpull(config, context.http());
    this.progress = new CursorProgress<>(this::delivered);
    this.entries =
        context
            .metrics()
            .counter(
                "promtail_cloudflare_target_entries_total",
                "Total number of successful entries sent via the cloudflare target");
    this.lastEnd =
        context
            .metrics()
            .gauge(
                "promtail_cloudflare_target_last_requested_end_timestamp",
                "The last cloudflare request end timestamp fetched. This allows to calculate how"
                    + " far the target is behind."); // lint:keep Promtail's text
    this.gone =
        context
            .metrics()
            .counter(
                "tethys_logs_cloudflare_lost_seconds_total",
                "Time whose logs Cloudflare deleted before they were requested.");
  }

  private String own() {
    return "tethys-cloudflare-" + config.zone();
  }

  @Override
  public void start() {
    next = begin();
    thread =
        Thread.ofVirtual()
            .name("cloudflare-" + context.job())
            .start(SupervisedLoop.of("log_cloudflare", this::run));
  }

  /**
   * Start of reading: the saved position, unless Promtail has saved another since; otherwise
   * Promtail's default or the last available range.
   */
  private long begin() {
    String promtails = context.positions().cursor(config.zone());
    String[] mine = context.positions().cursor(own()).split("/", -1);
    if (mine.length == 2 && mine[1].equals(promtails) && mine[0].matches("\\d{1,18}|\\d{19}")) {
      return Long.parseLong(mine[0]);
    }
    long range = config.pullRange().toNanos();
    long end =
        promtails.matches("[1-9]\\d{0,18}")
            ? Math.min(Long.parseLong(promtails), latest())
            : latest();
    return end - range;
  }

  private long latest() {
    return nanos(context.clock().instant().minus(DELAY));
  }

  private static long nanos(Instant t) {
    return t.getEpochSecond() * 1_000_000_000L + t.getNano();
  }

  private static Instant instant(long nanos) {
    return Instant.ofEpochSecond(0, nanos);
  }

  /** Promtail next requests the range that ends at its saved time. */
  private void delivered(long until) {
    if (until == saved) {
      return;
    }
    saved = until;
    String promtails = Long.toString(until + config.pullRange().toNanos());
    context.positions().putCursor(own(), until + "/" + promtails);
    context.positions().putCursor(config.zone(), promtails);
  }

  private void run() {
    try {
      while (stopped.getCount() > 0) {
        long end = next + config.pullRange().toNanos();
        long early = end - latest();
        if (early > 0) {
          pause(early < CHECK_INTERVAL.toNanos() ? Duration.ofNanos(early) : CHECK_INTERVAL);
          continue;
        }
        range(new Span(next, end));
        next = end;
        lastEnd.set(end / 1e9);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits, and ends when this is stopped. */
  private void pause(Duration d) throws InterruptedException {
    if (stopped.await(d.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new InterruptedException();
    }
  }

  private void range(Span range) throws InterruptedException {
    Deque<Span> spans = new ArrayDeque<>(range.split(config.workers()));
    Deque<Future<List<Part>>> asked = new ArrayDeque<>();
    try {
      while (!spans.isEmpty() || !asked.isEmpty()) {
        // No more concurrently than fit in memory.
        while (!spans.isEmpty() && asked.size() < config.workers()) {
          Span s = spans.remove();
          asked.add(workers.submit(() -> pull(s)));
        }
        for (Part p : asked.element().get()) {
          forward(p);
        }
        asked.remove();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof InterruptedException) {
        throw new InterruptedException();
      }
      throw new IllegalStateException(e.getCause());
    } catch (RejectedExecutionException e) {
      throw new InterruptedException(); // this is stopped
    } finally {
      asked.forEach(f -> f.cancel(true));
    }
  }

  /** Requests a span until it is complete, or is known to be too much for one response. */
  private List<Part> pull(Span span) throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    while (true) {
      Duration wait = pause;
      try {
        Part p = new Part(span, logpull.received(span), false);
        problem = "";
        return List.of(p);
      } catch (Logpull.TooMuchException e) {
        if (span.isDivisible()) {
          return List.of(new Part(span, null, true));
        }
        logFailure(span, e);
        wait = LONGEST_PAUSE;
      } catch (Logpull.TooEarlyException e) {
        return kept(span, e);
      } catch (Logpull.RefusedException e) {
        logFailure(span, e);
        if (e.isLasting()) {
          wait = LONGEST_PAUSE;
        } else if (e.after().compareTo(wait) > 0) {
          wait = e.after();
        }
      } catch (IOException e) {
        logFailure(span, e);
      }
      pause(wait);
      pause = pause.multipliedBy(2);
      if (pause.compareTo(LONGEST_PAUSE) > 0) {
        pause = LONGEST_PAUSE;
      }
    }
  }

  private void logFailure(Span span, IOException e) {
    String what = String.valueOf(e.getMessage());
    if (!what.equals(problem)) {
      LOG.log(
          Level.WARNING,
          "zone {0}, {1} to {2}: {3}; retrying",
          config.zone(),
          instant(span.start()),
          instant(span.end()),
          what);
    }
    problem = what;
  }

  /** The part of a span that is still kept: the rest is lost, and the loss is logged. */
  private List<Part> kept(Span span, Logpull.TooEarlyException e) throws InterruptedException {
    // Adds a minute, so that the range is not too old when the request arrives.
    long from = nanos(context.clock().instant().minus(e.kept()).plus(Duration.ofMinutes(1)));
    // A clock that differs from Cloudflare's must not repeat the same span forever.
    long until = from <= span.start() ? span.end() : Math.min(from, span.end());
    LOG.log(
        Level.ERROR,
        "zone {0}: logs received from {1} to {2} are lost, Cloudflare no longer keeps them ({3})",
        config.zone(),
        instant(span.start()),
        instant(until),
        e.getMessage());
    gone.add((until - span.start()) / 1e9);
    List<Part> out = new ArrayList<>();
    out.add(new Part(new Span(span.start(), until), null, false));
    if (until < span.end()) {
      out.addAll(pull(new Span(until, span.end())));
    }
    return out;
  }

  private void forward(Part p) throws InterruptedException {
    if (p.divided) {
      for (Span s : p.span.split(2)) {
        for (Part half : pull(s)) {
          forward(half);
        }
      }
      return;
    }
    Labels labels = context.relabeled(config.labels());
    if (p.received != null && labels != null) {
      try (InputStream in = p.received.lines()) {
        lines(in, labels, p.span.start());
      } catch (IOException e) {
        throw new IllegalStateException("data cannot be read twice", e);
      }
    }
    progress.skipped(p.span.end());
  }

  private void lines(InputStream in, Labels labels, long position)
      throws IOException, InterruptedException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buf = new byte[1 << 16];
    int n;
    while ((n = in.read(buf)) > 0) {
      int from = 0;
      for (int i = 0; i < n; i++) {
        if (buf[i] == '\n') {
          add(line, buf, from, i);
          line(line, labels, position);
          from = i + 1;
        }
      }
      add(line, buf, from, n);
    }
    line(line, labels, position);
  }

  private static void add(ByteArrayOutputStream line, byte[] b, int from, int to) {
    line.write(b, from, Math.max(0, Math.min(to - from, MAX_LINE - line.size())));
  }

  private void line(ByteArrayOutputStream line, Labels labels, long position)
      throws InterruptedException {
    String text = line.toString(StandardCharsets.UTF_8).strip();
    line.reset();
    if (!text.isEmpty()) {
      Long time = time(text);
      entries.inc();
      context.accept(
          new LogEntry(labels, time == null ? context.now() : time, text, progress.next(position)));
    }
  }

  /** Time when the edge started to handle the request; null if the line does not have it. */
  private static @Nullable Long time(String line) {
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), line)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = p.currentName().equals("EdgeStartTimestamp");
        if (p.nextToken() == JsonToken.VALUE_NUMBER_INT && wanted) {
          return p.getLongValue();
        }
        p.skipChildren();
      }
      return null;
    } catch (JacksonException e) {
      return null;
    }
  }

  @Override
  public void stop() {
    stopped.countDown();
    workers.shutdownNow();
    // A part that is being passed on is passed on whole, unless later consumers are too slow.
    SourceThreads.finish(thread, STOP_PATIENCE);
    thread = null;
  }

  @Override
  public boolean isDelivered() {
    return progress.isQuiet();
  }

  @Override
  public Labels labels() {
    return config.labels();
  }

  @Override
  public Map<String, String> details() {
    Map<String, String> m = new LinkedHashMap<>();
    m.put("zone_id", config.zone());
    m.put("error", problem);
    m.put("position", context.positions().cursor(config.zone()));
    m.put("fields", String.join(",", config.fields()));
    return m;
  }
}
