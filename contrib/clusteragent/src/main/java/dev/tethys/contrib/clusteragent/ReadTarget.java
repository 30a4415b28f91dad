package dev.tethys.contrib.clusteragent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.Secret;
import dev.tethys.contrib.clusteragent.TargetState.Status;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One database and its last reading. {@link #read} is called by one thread at a time; the state can
 * be asked by any thread.
 */
final class ReadTarget {
  private static final System.Logger LOG = JulLogger.of(ReadTarget.class.getName());

  private final DatabaseTarget target;
  private final InstantSource clock;
  private final RecordSink records;
  private volatile TargetState state;

  @GuardedBy("this")
  private final DatabaseReader reader;

  private int failures;
  private Secret refused = Secret.NONE;
  private volatile boolean closed;

  ReadTarget(DatabaseTarget target, InstantSource clock, RecordSink records) {
    this.records = records;
    this.target = target;
    this.clock = clock;
    this.reader = target.engine().open(target.server());
    this.state = TargetState.waiting(target, clock.instant());
  }

  DatabaseTarget target() {
    return target;
  }

  TargetState state() {
    return state;
  }

  /** Reads the database; returns the time until the next call. */
  synchronized Duration read() {
    TargetState last = state;
    Instant retry = last.retryAt();
    if (closed || retry != null && clock.instant().isBefore(retry) && !hasNewPassword()) {
      return target.interval();
    }
    long begin = System.nanoTime();
    try {
      DatabaseReading r = reader.read(Deadline.in(target.timeout()));
      failures = 0;
      boolean whole = r.parts().stream().allMatch(DatabaseReading.Part::isRead);
      Status status = whole ? Status.OK : Status.PARTIAL;
      if (last.status() != status) {
        LOG.log(
            whole ? Level.INFO : Level.WARNING,
            whole
                ? "Database is read database=\"{0}\" parts={1}"
                : "Database is read in part database=\"{0}\" missing=\"{1}\"",
            target,
            whole ? r.parts().size() : missing(r));
      }
      finished(status, "", null, begin, r);
      DatabaseRecords.send(target, r, clock.millis(), records);
      return target.interval();
    } catch (ReadingException e) {
      return failed(e.failure(), String.valueOf(e.getMessage()), begin);
    } catch (RuntimeException e) {
      reader.close();
      LOG.log(Level.ERROR, "Reading of a database failed database=" + target, e);
      return failed(Failure.PROTOCOL, String.valueOf(e.getMessage()), begin);
    } finally {
      if (closed) {
        reader.close();
      }
    }
  }

  private static String missing(DatabaseReading r) {
    List<String> out = new ArrayList<>();
    for (DatabaseReading.Part p : r.parts()) {
      if (!p.isRead()) {
        out.add(p.name() + ": " + p.problem());
      }
    }
    return String.join("; ", out);
  }

  private boolean hasNewPassword() {
    try {
      return !target.server().password().password().equals(refused);
    } catch (IOException e) {
      return false;
    }
  }

  private Duration failed(Failure failure, String message, long begin) {
    failures++;
    Duration pause = TargetPauses.after(failure, failures, target.interval());
    boolean login = failure == Failure.LOGIN;
    if (login) {
      try {
        refused = target.server().password().password();
      } catch (IOException e) {
        refused = Secret.NONE;
      }
    }
    Status status = login ? Status.PAUSED : Status.FAILING;
    if (state.status() != status) {
      LOG.log(
          Level.WARNING,
          "Database cannot be read, retrying database=\"{0}\" reason=\"{1}\" error=\"{2}\""
              + " retry_in={3}s",
          target,
          failure.text(),
          message,
          Long.toString(pause.toSeconds()));
    }
    finished(
        status,
        failure.text() + ": " + message,
        login ? clock.instant().plus(pause) : null,
        begin,
        new DatabaseReading(down(target.engine(), failure.text()), List.of(), List.of(), 0));
    return login ? target.interval() : pause;
  }

  /** Metrics of a server that was not read. */
  static List<MetricFamily> down(DatabaseEngine engine, String error) {
    List<MetricFamily> out = new ArrayList<>();
    out.add(
        new MetricFamily(
            engine.upMetric(),
            MetricType.GAUGE,
            "1 if the server answers, 0 otherwise.",
            "",
            List.of(new Metric(Labels.EMPTY, 0))));
    if (!engine.errorMetric().isEmpty()) {
      Labels labels =
          engine == DatabaseEngine.REDIS
              ? Labels.of("err", error)
              : Labels.of("error", error, "warning", "");
      out.add(
          new MetricFamily(
              engine.errorMetric(),
              MetricType.GAUGE,
              "1 if the last reading failed.",
              "",
              List.of(new Metric(labels, 1))));
    }
    return out;
  }

  private void finished(
      Status status, String error, @Nullable Instant retryAt, long begin, DatabaseReading r) {
    TargetState last = state;
    Instant now = clock.instant();
    state =
        new TargetState(
            target,
            status,
            error,
            last.status() == status ? last.since() : now,
            now,
            (System.nanoTime() - begin) / 1e9,
            retryAt,
            r.parts(),
            last.statements() + r.statements(),
            labelled(r.families()));
  }

  private List<MetricFamily> labelled(List<MetricFamily> families) {
    List<MetricFamily> out = new ArrayList<>(families.size());
    String address = target.server().address();
    for (MetricFamily f : families) {
      List<Metric> metrics = new ArrayList<>(f.metrics().size());
      for (Metric m : f.metrics()) {
        LabelsBuilder b = m.labels().toBuilder();
        target.labels().forEach(b::set);
        metrics.add(new Metric(b.set("address", address).build(), m.point()));
      }
      out.add(new MetricFamily(f.name(), f.type(), f.help(), f.unit(), metrics));
    }
    return out;
  }

  /** Ends the readings; a reading in progress closes its connection when it ends. */
  void close() {
    closed = true;
    Thread.ofVirtual()
        .start(
            () -> {
              synchronized (this) {
                reader.close();
              }
            });
  }
}
