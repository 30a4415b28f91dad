package dev.tethys.pipeline.receiver.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Forwards logs one batch at a time, each until accepted or rejected. While one is in flight the
 * next one fills, so a pipeline that waits for more data before it settles a batch does not make
 * the source wait for each record.
 */
public final class LogForwarder {
  private static final System.Logger LOG = JulLogger.of(LogForwarder.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** The most that waits while a batch is on its way, and so the most of the next batch. */
  public static final int MOST = 500;

  private final String name;
  private final Consumer to;
  private final long lane;
  private final ResourceWatch.Pause pause;
  private final Thread thread;

  @GuardedBy("this")
  private List<ResourceGroup<LogRecord>> waiting = new ArrayList<>();

  @GuardedBy("this")
  private boolean underWay;

  @GuardedBy("this")
  private boolean ended;

  /**
   * @param name receiver name used in log lines
   * @param source lane of the records, which keeps them in order
   */
  public LogForwarder(String name, Consumer to, String source, ResourceWatch.Pause pause) {
    this.name = name;
    this.to = to;
    this.lane = (1L << 36) + source.hashCode();
    this.pause = pause;
    this.thread =
        Thread.ofVirtual()
            .name(name + " handover " + source)
            .unstarted(SupervisedLoop.of("handover", this::run));
  }

  /** Returns the forwarding thread, to be started, and interrupted to end it. */
  public Thread thread() {
    return thread;
  }

  /**
   * Collects related records into one batch; waits while there are too many. They are forwarded
   * before later ones, unless the receiver is stopped.
   */
  public synchronized void add(List<ResourceGroup<LogRecord>> groups) throws InterruptedException {
    while (!ended && !waiting.isEmpty() && waiting.size() + groups.size() > MOST) {
      wait();
    }
    if (ended) {
      throw new InterruptedException("the receiver was stopped");
    }
    waiting.addAll(groups);
    notifyAll();
  }

  /** Waits until everything added was accepted or rejected. */
  public synchronized void settle() throws InterruptedException {
    while (!ended && (underWay || !waiting.isEmpty())) {
      wait();
    }
    if (ended) {
      throw new InterruptedException("the receiver was stopped");
    }
  }

  private void run() {
    try {
      while (true) {
        Batch batch = next();
        try {
          deliver(batch);
        } catch (RuntimeException e) { // no failure ends the forwarding
          LOG.log(Level.ERROR, name + ": batch of logs not forwarded, it is lost", e);
        }
      }
    } catch (InterruptedException e) {
      last();
      Thread.currentThread().interrupt();
    }
  }

  private synchronized Batch next() throws InterruptedException {
    underWay = false;
    notifyAll();
    while (waiting.isEmpty()) {
      wait();
    }
    underWay = true;
    notifyAll();
    return taken();
  }

  @GuardedBy("this")
  private Batch taken() {
    LogsData data = new LogsData();
    data.resources().addAll(waiting);
    waiting = new ArrayList<>();
    Batch batch = Batch.of(Signal.LOGS, data, lane, Metadata.NONE);
    batch.share(); // it may be sent again unmodified
    return batch;
  }

  /** Offers the waiting records once at shutdown, without waiting for the outcome. */
  private void last() {
    Batch batch;
    synchronized (this) {
      ended = true;
      notifyAll();
      if (waiting.isEmpty()) {
        return;
      }
      batch = taken();
    }
    int records = batch.items();
    to.consume(
        batch,
        outcome -> {
          if (!(outcome instanceof Outcome.Accepted)) {
            LOG.log(
                Level.WARNING, "{0}: {1} logs were not accepted before shutdown", name, records);
          }
        });
  }

  private void deliver(Batch batch) throws InterruptedException {
    while (true) {
      switch (IntervalCollector.settled(to, batch)) {
        case Outcome.Accepted _ -> {
          return;
        }
        case Outcome.Rejected r -> {
          LOG.log(Level.WARNING, "{0}: logs are refused: {1}", name, r.reason());
          return;
        }
        case Outcome.Unavailable u -> pause.pause(u.retryAfter(RETRY));
      }
    }
  }
}
