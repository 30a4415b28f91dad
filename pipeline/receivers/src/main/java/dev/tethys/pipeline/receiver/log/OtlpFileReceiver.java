package dev.tethys.pipeline.receiver.log;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.collect.logs.file.FileJob;
import dev.tethys.collect.logs.file.FileMetrics;
import dev.tethys.collect.logs.file.FileTailing;
import dev.tethys.collect.logs.file.FileTarget;
import dev.tethys.collect.logs.file.Positions;
import dev.tethys.config.Durations;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Vector;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads files with one OTLP JSON request per line, of any signal, as {@code file} exporters write
 * them. A line is settled when its batch was accepted; a rejected one is offered again while others
 * continue.
 *
 * <p>Bound: at most {@link #UNDER_WAY} of lines are in flight; then reading stops.
 */
final class OtlpFileReceiver implements Receiver {
  private static final Duration SYNC = Duration.ofSeconds(10);

  /** In KiB. */
  private static final int UNDER_WAY = 64 << 10;

  private static final long QUIET_NANOS = 10_000_000_000L;

  private final FileLogSettings settings;
  private final Map<Signal, Consumer> outputs;
  private final Context context;
  private final PositionStore positions;
  private final FileMetrics metrics = new FileMetrics(new Registry());
  private final Vector<Counter> refused;
  private final Semaphore room = new Semaphore(UNDER_WAY);
  private volatile boolean closed;
  private volatile long loggedAt;
  private @Nullable FileTailing tailing;
  private @Nullable FileJob job;

  OtlpFileReceiver(FileLogSettings settings, Map<Signal, Consumer> outputs, Context context) {
    this.settings = settings;
    this.outputs = Map.copyOf(outputs);
    this.context = context;
    this.positions = new PositionStore(settings.common().storage(), context);
    this.loggedAt = context.clock().nanos() - QUIET_NANOS;
    this.refused =
        context
            .metrics()
            .counters(
                "tethys_otlp_file_receiver_refused_lines_total",
                "Lines that are not OTLP requests, or were rejected downstream.",
                "receiver",
                "reason");
  }

  @Override
  public boolean isExclusive() {
    return true; // its successor continues where it ended
  }

  @Override
  public void start() throws IOException {
    Positions p = positions.open();
    FileTailing t =
        new FileTailing(
            new FileTailing.Frequency(settings.poll(), settings.poll(), SYNC),
            p,
            metrics,
            InstantSource.system());
    tailing = t;
    t.start();
    FileJob j = t.job("otlp_json_file", settings.options(), this::accept);
    job = j;
    j.targets(List.of(new FileTarget(settings.include(), settings.exclude(), Labels.EMPTY)));
  }

  private void accept(LogEntry e) throws InterruptedException {
    byte[][] line = new byte[1][];
    e.text((utf8, from, length) -> line[0] = Arrays.copyOfRange(utf8, from, from + length));
    byte[] json = line[0];
    if (isBlank(json)) {
      e.settle();
      return;
    }
    OtlpSignal signal;
    byte[] body;
    int items;
    Consumer to;
    try {
      signal = OtlpJson.signalOf(json);
      to = outputs.get(Signal.of(signal));
      if (to == null) {
        e.settle(); // no consumer requires it
        return;
      }
      body = OtlpJson.toProtobuf(signal, json, 0, json.length).toByteArray();
      items = OtlpCheck.check(signal, body, 0, body.length);
    } catch (CodecException x) {
      refuse("malformed", "a line is not an OTLP JSON request: " + x.getMessage());
      e.settle();
      return;
    }
    if (items == 0) {
      e.settle();
      return;
    }
    int weight = Math.clamp(body.length / 1024 + 1, 1, UNDER_WAY);
    room.acquire(weight);
    long lane = signal == OtlpSignal.METRICS ? e.labels().hashCode() | 1L : 0;
    offer(
        new PendingBatch(
            new Batch(Signal.of(signal), Encoding.OTLP, body, items, lane, Metadata.NONE),
            to,
            e.detach(),
            weight),
        settings.common().retry().first(),
        -1);
  }

  /**
   * A line in transit.
   *
   * @param weight its share of the buffer
   */
  private record PendingBatch(
      Batch batch, Consumer to, LogEntry.@Nullable Origin origin, int weight) {}

  /**
   * @param pause pause before the batch is offered again
   * @param since time of the first rejection; -1 for none
   */
  private void offer(PendingBatch p, Duration pause, long since) {
    p.to.consume(p.batch, outcome -> settled(p, outcome, pause, since));
  }

  private void settled(PendingBatch p, Outcome outcome, Duration pause, long since) {
    switch (outcome) {
      case Outcome.Accepted _ -> done(p);
      case Outcome.Rejected r -> {
        refuse("rejected", r.items() + " items of a line were rejected: " + r.reason());
        done(p);
      }
      case Outcome.Unavailable u -> {
        Duration most = settings.common().retry().most();
        long now = context.clock().nanos();
        long first = since < 0 ? now : since;
        if (most.isPositive() && now - first >= most.toNanos()) {
          refuse(
              "expired",
              "a line was not taken for "
                  + Durations.format(most)
                  + " and is dropped: "
                  + u.reason());
          done(p);
          return;
        }
        logLimited("Batch not accepted, retrying: " + u.reason());
        Duration last = settings.common().retry().last();
        Duration next = pause.multipliedBy(2).compareTo(last) < 0 ? pause.multipliedBy(2) : last;
        context
            .clock()
            .schedule(
                pause,
                () ->
                    context
                        .clock()
                        .execute(
                            context.name(),
                            () -> {
                              if (closed) {
                                room.release(p.weight); // it is read again
                              } else {
                                offer(p, next, first);
                              }
                            }));
      }
    }
  }

  private void done(PendingBatch p) {
    if (p.origin != null) {
      p.origin.settled();
    }
    room.release(p.weight);
  }

  private static boolean isBlank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return true;
  }

  private void refuse(String reason, String what) {
    refused.with(context.name(), reason).inc();
    logLimited(what);
  }

  /** Logs a message, rate-limited. */
  private void logLimited(String what) {
    long now = context.clock().nanos();
    if (now - loggedAt >= QUIET_NANOS) {
      loggedAt = now;
      context.logger().log(Level.WARNING, "{0}: {1}", context.name(), what);
    }
  }

  @Override
  public void finish(Duration timeLimit) throws InterruptedException {
    FileJob j = job;
    if (j != null) {
      FinalRead.await(j, settings.poll(), timeLimit);
    }
  }

  @Override
  public void stop(Duration timeLimit) {
    FileTailing t = tailing;
    FileJob j = job;
    if (t == null || j == null) {
      return;
    }
    j.stop();
    closed = true;
    try {
      if (!room.tryAcquire(UNDER_WAY, timeLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        context
            .logger()
            .log(
                Level.INFO,
                "{0}: lines not accepted in time will be read again at the next start",
                context.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    t.close();
    positions.close();
  }
}
