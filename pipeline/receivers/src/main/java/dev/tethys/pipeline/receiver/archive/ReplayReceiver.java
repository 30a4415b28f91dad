package dev.tethys.pipeline.receiver.archive;

import dev.tethys.codec.CodecException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.pipeline.archive.ArchiveFiles;
import dev.tethys.pipeline.archive.ArchivePosition;
import dev.tethys.pipeline.archive.ArchiveReader;
import dev.tethys.pipeline.archive.ArchiveSelection;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Replays an archive up to its end at the time the replay started. One batch is in flight at a
 * time, and its position is durable before the next one is read. After a restart at most one batch
 * is repeated, and only if the process was killed between acceptance and the position.
 */
final class ReplayReceiver implements Receiver {
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(30);
  private static final double NANOS = 1e9;

  private final ReplaySettings settings;
  private final Map<Signal, Consumer> outputs;
  private final Context context;
  private final Scheduler clock;
  private final String name;
  private final ArchiveSelection selection;
  private final ReplayFilter filter;
  private final FileAccess files = new RealFiles();
  private final LimitedLog failures;
  private final Registry.Counter replayed;
  private final Registry.Counter rejected;
  private final Registry.Gauge done;
  private final Semaphore step = new Semaphore(1); // held while a step or a batch is under way
  private volatile boolean closed;
  private @Nullable Closeable lock;

  // changed with the step
  private final ArchiveReader reader;
  private volatile @Nullable ReplayPosition position;

  ReplayReceiver(
      ReplaySettings settings,
      Map<Signal, Consumer> outputs,
      Context context,
      ArchiveFiles archive) {
    this.reader = new ArchiveReader(archive);
    this.settings = settings;
    this.outputs = Map.copyOf(outputs);
    this.context = context;
    this.clock = context.clock();
    String of = context.id().toString().replace('/', '-');
    this.name = settings.name().isEmpty() ? of : settings.name();
    this.selection =
        new ArchiveSelection(
            outputs.keySet(), settings.fromNanos(), settings.untilNanos(), settings.attributes());
    this.filter = new ReplayFilter(selection, name);
    this.failures = new LimitedLog(context.logger());
    Registry.Vector<Registry.Counter> items =
        context
            .metrics()
            .counters(
                "tethys_replay_items_total",
                "Items of a replay, by outcome: accepted or rejected.",
                "receiver",
                "replay",
                "outcome");
    String id = context.id().toString();
    replayed = items.with(id, name, "accepted");
    rejected = items.with(id, name, "rejected");
    done =
        context
            .metrics()
            .gauges(
                "tethys_replay_done",
                "Whether a replay has reached the end of its archive.",
                "receiver",
                "replay")
            .with(id, name);
  }

  @Override
  public boolean isExclusive() {
    return true; // its successor continues at its position
  }

  private Path file() {
    return settings.directory().resolve(Archive.REPLAYS).resolve(name + ".json");
  }

  @Override
  public void start() throws IOException {
    if (!ReplaySettings.isName(name)) {
      throw new IOException(
          "\"" + name + "\" is not a valid replay name; use letters, digits, '.', '_', '-'");
    }
    boolean remote = settings.s3() != null;
    if (!remote && !files.isDirectory(settings.directory())) {
      throw new IOException("no archive in " + settings.directory());
    }
    files.createDirectories(settings.directory().resolve(Archive.REPLAYS));
    lock = files.lock(settings.directory().resolve(Archive.REPLAYS).resolve(name + ".lock"));
    ReplayPosition p = ReplayPosition.load(files, file());
    if (p != null && !p.selection().equals(settings.selection())) {
      throw new IOException(
          "the replay "
              + name
              + " was started with other times, attributes or location; set replay to another"
              + " name, or"
              + " delete "
              + file());
    }
    position = p;
    if (p != null && p.done()) {
      done.set(1);
      return;
    }
    if (!remote) {
      begin();
    }
    schedule(Duration.ZERO, FIRST_PAUSE);
  }

  /** Determines the start and end of the replay; S3 may be unreachable initially. */
  private void begin() throws IOException {
    ReplayPosition p = position;
    if (p == null) {
      p = new ReplayPosition(settings.selection(), ArchivePosition.START, reader.end(), 0, false);
      p.save(files, file());
      position = p;
    }
    if (reader.isGone(p.next())) {
      context.logger().log(Level.WARNING, "Replay skips deleted segments replay={0}", name);
    }
  }

  /**
   * @param pause pause before the next attempt if this one fails
   */
  private void schedule(Duration after, Duration pause) {
    Runnable run = () -> clock.execute("replay " + name, () -> step(pause));
    if (after.isZero()) {
      run.run();
    } else {
      clock.schedule(after, run);
    }
  }

  private void step(Duration pause) {
    if (!step.tryAcquire()) {
      return; // stop waits for it
    }
    boolean kept = false;
    try {
      kept = !closed && next(pause);
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Replay not continued", "replay " + name, e);
      schedule(pause, longer(pause));
    } finally {
      if (!kept) {
        step.release();
      }
    }
  }

  private static Duration longer(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LAST_PAUSE) < 0 ? twice : LAST_PAUSE;
  }

  /** Sends the next batch; returns whether one is in flight. */
  private boolean next(Duration pause) throws IOException {
    if (position == null) {
      begin();
    }
    ReplayPosition p = Objects.requireNonNull(position);
    ArchiveReader r = reader;
    while (true) {
      ArchiveReader.Found f = r.next(p.next(), p.end(), selection);
      if (f == null) {
        move(p.atEnd());
        done.set(1);
        context
            .logger()
            .log(Level.INFO, "Replay ended replay={0} items={1}", name, Long.toString(p.items()));
        return false;
      }
      Batch b = batch(f);
      Consumer to = outputs.get(f.summary().signal());
      if (b == null || to == null) {
        p = p.at(f.next(), 0);
        position = p;
        continue;
      }
      ReplayPosition after = p.at(f.next(), b.items());
      to.consume(
          b,
          outcome ->
              clock.execute("replay " + name, () -> settle(b.items(), after, outcome, pause)));
      return true;
    }
  }

  /** Returns the selected part of a request, or null if none. */
  private @Nullable Batch batch(ArchiveReader.Found f) {
    Signal signal = f.summary().signal();
    Batch whole = new Batch(signal, Encoding.OTLP, f.body(), f.summary().items(), 0);
    try {
      Telemetry<?> tree = whole.takeTree();
      filter.apply(tree, TimeUnit.MILLISECONDS.toNanos(f.summary().writtenMillis()));
      return tree.itemCount() == 0 ? null : whole.with(signal, tree);
    } catch (CodecException e) {
      failures.failure(Level.WARNING, "Request of the archive skipped", "replay " + name, e);
      rejected.add(f.summary().items());
      return null;
    }
  }

  private void settle(int items, ReplayPosition after, Outcome outcome, Duration pause) {
    Duration wait = pause;
    Duration nextPause = longer(pause);
    try {
      if (!(outcome instanceof Outcome.Unavailable u)) {
        int refused = outcome instanceof Outcome.Rejected r ? Math.min(items, r.items()) : 0;
        rejected.add(refused);
        replayed.add(items - refused);
        move(after);
        wait = pause(items);
        nextPause = FIRST_PAUSE;
      } else {
        wait = u.retryAfter(pause);
      }
    } catch (IOException e) {
      // The batch was accepted: the position is kept in memory and written by the next save.
      failures.failure(Level.WARNING, "Position of replay not saved", "replay " + name, e);
      position = after;
      nextPause = FIRST_PAUSE;
    } finally {
      step.release();
    }
    if (!closed) {
      schedule(wait, nextPause);
    }
  }

  private Duration pause(int items) {
    return settings.rate() == 0
        ? Duration.ZERO
        : Duration.ofNanos((long) (items * NANOS / settings.rate()));
  }

  private void move(ReplayPosition to) throws IOException {
    to.save(files, file());
    position = to;
  }

  @Override
  public void stop(Duration timeLimit) {
    closed = true;
    try {
      if (!step.tryAcquire(timeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        context.logger().log(Level.INFO, "Replay stopped with a batch under way replay={0}", name);
      }
      Closeable l = lock;
      if (l != null) {
        l.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failures.failure(Level.WARNING, "Replay not closed", "replay " + name, e);
    }
  }
}
