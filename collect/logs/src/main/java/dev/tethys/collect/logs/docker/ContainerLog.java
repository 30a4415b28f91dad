package dev.tethys.collect.logs.docker;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.collect.discovery.docker.DockerDaemon;
import dev.tethys.collect.logs.CursorProgress;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceThreads;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Follows the log of a container from the first undelivered line, across disconnects and container
 * restarts.
 */
final class ContainerLog {
  private static final System.Logger LOG = JulLogger.of(ContainerLog.class.getName());
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_ANSWER = 16 << 20;

  /** Maximum duration of a connection; the next one continues at its end. */
  private static final Duration FOLLOW = Duration.ofHours(1);

  private static final Duration CALL = Duration.ofSeconds(30);
  private static final long FIRST_PAUSE = 200;
  private static final long LONGEST_PAUSE = 5000;
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(1);

  private final String id;
  private final DockerDaemon daemon;
  private final SourceContext context;
  private final Registry.Counter entries;
  private final Registry.Counter errors;
  private final CursorProgress<LogPosition> progress;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile Labels labels;
  private volatile @Nullable ClientResponse open;
  private volatile LogPosition read;
  private LogPosition safe; // the last one at which no line had begun: where to continue
  private @Nullable Thread thread;
  private boolean failing;

  ContainerLog(String id, DockerDaemon daemon, Labels labels, SourceContext context) {
    this.id = id;
    this.daemon = daemon;
    this.labels = labels;
    this.context = context;
    this.entries =
        context
            .metrics()
            .counter(
                "promtail_docker_target_entries_total",
                "Total number of successful entries sent to the Docker target");
    this.errors =
        context
            .metrics()
            .counter(
                "promtail_docker_target_parsing_errors_total",
                "Total number of parsing errors while receiving Docker messages");
    this.read = LogPosition.of(context.positions().cursor(own()), context.positions().cursor(id));
    this.safe = read;
    this.progress =
        new CursorProgress<>(
            m -> {
              context.positions().putCursor(own(), m.text());
              context.positions().putCursor(id, m.seconds());
            });
  }

  private String own() {
    return "tethys-docker-" + id;
  }

  void start() {
    thread =
        Thread.ofVirtual().name("docker-" + id).start(SupervisedLoop.of("log_docker", this::run));
  }

  /** Updates the discovered labels. */
  void labels(Labels discovered) {
    labels = discovered;
  }

  String position() {
    return context.positions().cursor(own());
  }

  boolean isDelivered() {
    return progress.isQuiet();
  }

  private void run() {
    long pause = FIRST_PAUSE;
    try {
      while (!isStopped()) {
        LogPosition before = read;
        try {
          follow();
          failing = false;
        } catch (IOException e) {
          if (isStopped()) {
            return;
          }
          if (!failing) {
            LOG.log(Level.WARNING, "container {0}: {1}", id, e.getMessage());
            errors.inc();
          }
          failing = true;
        }
        pause = read.equals(before) ? Math.min(2 * pause, LONGEST_PAUSE) : FIRST_PAUSE;
        if (stopped.await(pause, TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isStopped() {
    return stopped.getCount() == 0;
  }

  private boolean isWanted() {
    return context.relabeled(of(false)) != null || context.relabeled(of(true)) != null;
  }

  private Labels of(boolean stderr) {
    return labels.toBuilder()
        .set("__meta_docker_container_log_stream", stderr ? "stderr" : "stdout")
        .build();
  }

  private void follow() throws IOException, InterruptedException {
    if (!isWanted()) {
      return;
    }
    boolean terminal;
    try (ClientResponse a = call("/json", CALL)) {
      terminal = JSON.readTree(a.bytes(MAX_ANSWER)).path("Config").path("Tty").asBoolean(false);
    } catch (JacksonException e) {
      throw new IOException(
          "the Docker daemon sent a response that is not JSON: " + JsonFailures.describe(e), e);
    }
    LogPosition from = safe;
    read = from;
    String query = "/logs?stdout=1&stderr=1&follow=1&timestamps=1&since=" + from.since();
    try (ClientResponse a = call(query, FOLLOW)) {
      open = a;
      if (isStopped()) {
        return; // stop() may have looked before
      }
      LogStream stream = new LogStream(new Taking(from));
      within = stream::isWithinLine;
      stream.read(a.body(), terminal);
    } finally {
      open = null;
    }
  }

  private BooleanSupplier within = () -> false;

  /** Accepts lines that have not been read before. */
  private final class Taking implements LogStream.Lines {
    private final LogPosition from;
    private int seen;

    Taking(LogPosition from) {
      this.from = from;
    }

    @Override
    public void line(boolean stderr, long time, String text) throws InterruptedException {
      if (time > from.time() || time == from.time() && seen++ >= from.count()) {
        take(stderr, time, text);
      }
    }
  }

  private void take(boolean stderr, long time, String text) throws InterruptedException {
    read = read.next(time);
    if (!within.getAsBoolean()) {
      safe = read;
    }
    LogPosition m = safe;
    Labels l = context.relabeled(of(stderr));
    if (l == null || l.isEmpty()) {
      progress.skipped(m);
    } else {
      entries.inc();
      context.accept(new LogEntry(l, time, text, progress.next(m)));
    }
  }

  private ClientResponse call(String path, Duration timeout)
      throws IOException, InterruptedException {
    ClientRequest c = daemon.address().get("/containers/" + id + path).withTimeout(timeout);
    ClientResponse a = context.http().client(daemon.client()).send(c);
    if (a.status() == 200) {
      return a;
    }
    try (a) {
      String reply = new String(a.bytes(MAX_ANSWER), java.nio.charset.StandardCharsets.UTF_8);
      throw new IOException("the daemon answers " + a.status() + ": " + reply.strip());
    }
  }

  void stop() {
    stopped.countDown();
    ClientResponse a = open;
    if (a != null) {
      a.close();
    }
    SourceThreads.interrupt(thread, STOP_PATIENCE);
    thread = null;
  }
}
