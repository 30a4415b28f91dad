package dev.tethys.app.collector;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.config.OwnBatchPush;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends log records or spans of the process over OTLP. Items wait in a bounded queue; a batch that
 * cannot be sent is retried with the next one, and newer items are dropped while the queue is full.
 */
final class BatchPusher<T> implements AutoCloseable {
  /** Logger of this class, whose log records are not sent. */
  static final String NAME = BatchPusher.class.getName();

  private static final System.Logger LOG = JulLogger.of(NAME);

  /** Maximum time for the last items at the end. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final OwnBatchPush settings;
  private final String items;
  private final Function<List<T>, Telemetry<?>> request;
  private final OwnTelemetrySender sender;
  private final ArrayBlockingQueue<T> queue;
  private final List<T> pending = new ArrayList<>(); // of the thread alone
  private volatile boolean ended;
  private @Nullable Thread thread;
  private boolean failing;

  /**
   * @param items name of the items in log lines
   * @param request builds the request of a batch
   */
  BatchPusher(
      OtlpSignal signal,
      String items,
      OwnBatchPush settings,
      Function<List<T>, Telemetry<?>> request,
      PrintStream console) {
    this.settings = settings;
    this.items = items;
    this.request = request;
    this.sender = new OwnTelemetrySender(signal, settings.otlp(), settings.timeout(), console);
    this.queue = new ArrayBlockingQueue<>(settings.queue());
  }

  void start() {
    thread =
        Thread.ofVirtual().name("batch-pusher").start(SupervisedLoop.of("batch_pusher", this::run));
  }

  /** Enqueues an item, or drops it if the queue is full. */
  void take(T item) {
    queue.offer(item);
  }

  private void run() {
    try {
      while (!ended) {
        gather();
        push();
      }
      for (int tries = 0; tries <= settings.queue() / settings.batch(); tries++) {
        queue.drainTo(pending, settings.batch() - pending.size());
        if (pending.isEmpty() || !push()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the next batch to be full, or for its time. */
  private void gather() throws InterruptedException {
    long delay = Math.max(settings.delay().toNanos(), failing ? 1_000_000_000L : 0);
    long until = System.nanoTime() + delay;
    while (!ended) {
      queue.drainTo(pending, settings.batch() - pending.size());
      long left = until - System.nanoTime();
      boolean full = pending.size() >= settings.batch();
      if (full && !failing || left <= 0 && !pending.isEmpty()) {
        return;
      }
      T next =
          full
              ? null
              : queue.poll(
                  pending.isEmpty() || left <= 0 ? 100_000_000L : Math.min(left, 100_000_000L),
                  TimeUnit.NANOSECONDS);
      if (next != null) {
        pending.add(next);
      } else if (full) {
        TimeUnit.NANOSECONDS.sleep(Math.min(left, 100_000_000L));
      }
    }
  }

  private boolean push() throws InterruptedException {
    if (pending.isEmpty()) {
      return true;
    }
    String problem = null;
    boolean sent = false;
    try {
      problem = sender.send(new OtlpWriter().write(request.apply(pending)));
      sent = true;
    } catch (IOException e) {
      problem = String.valueOf(e.getMessage());
    }
    if (sent) {
      pending.clear();
    }
    if (problem != null && !failing) {
      LOG.log(
          Level.WARNING, "Own telemetry not sent, retrying items={0} reason={1}", items, problem);
    }
    if (problem == null && failing) {
      LOG.log(Level.INFO, "Own telemetry is sent again items={0}", items);
    }
    failing = problem != null;
    return sent;
  }

  @Override
  public void close() {
    ended = true;
    Thread t = thread;
    if (t != null) {
      try {
        if (!t.join(LAST)) {
          t.interrupt();
          t.join(LAST);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    sender.close();
  }
}
