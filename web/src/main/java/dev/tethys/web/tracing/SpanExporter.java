package dev.tethys.web.tracing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.web.client.OtlpSender;
import dev.tethys.web.client.OtlpSender.Outcome;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue of spans and the thread that sends them, in batches like OpenTelemetry's batch
 * processor: at {@value #BATCH} spans, or every five seconds. Spans that find the queue full are
 * dropped and counted: traced code never waits.
 */
final class SpanExporter implements AutoCloseable {
  /** Maximum number of queued spans. */
  static final int CAPACITY = 2048;

  /** Maximum number of spans in a request. */
  static final int BATCH = 512;

  private static final long EVERY_NANOS = Duration.ofSeconds(5).toNanos();
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** Retry time of one batch. */
  private static final long PATIENCE_NANOS = Duration.ofMinutes(1).toNanos();

  private static final System.Logger LOG = JulLogger.of(SpanExporter.class.getName());

  private final OtlpSender sender;
  private final Resource resource;
  private final Tracing.Counts counts;
  private final OtlpWriter writer = new OtlpWriter(); // the thread's
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<Span> queue = new ArrayDeque<>();

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private int underWay;

  private @Nullable String problem; // the thread's: what was said in the log last
  private final Thread thread;

  SpanExporter(OtlpSender sender, Resource resource, Tracing.Counts counts) {
    this.sender = sender;
    this.resource = resource;
    this.counts = counts;
    this.thread = Thread.ofVirtual().name("traces").start(this::run);
  }

  /** Queues an ended span without blocking. */
  void add(Span s) {
    lock.lock();
    try {
      if (stopped || queue.size() >= CAPACITY) {
        counts.dropped.increment();
        return;
      }
      queue.add(s);
      if (queue.size() == BATCH) {
        news.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of ended spans that are queued or being sent. */
  int waiting() {
    lock.lock();
    try {
      return queue.size() + underWay;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      SupervisedLoop.of("traces", this::deliverAll).run();
    } finally {
      sender.close();
    }
  }

  private void deliverAll() {
    try {
      while (true) {
        List<Span> batch = next();
        if (batch.isEmpty()) {
          return;
        }
        deliver(batch);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // the time for it is over
    }
  }

  /** Returns the next batch; empty at the end. */
  private List<Span> next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long remaining = EVERY_NANOS;
      while (!stopped && queue.size() < BATCH && (remaining > 0 || queue.isEmpty())) {
        remaining = news.awaitNanos(remaining > 0 ? remaining : EVERY_NANOS);
      }
      List<Span> batch = new ArrayList<>(Math.min(BATCH, queue.size()));
      while (batch.size() < BATCH && !queue.isEmpty()) {
        batch.add(queue.remove());
      }
      underWay = batch.size();
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void deliver(List<Span> batch) throws InterruptedException {
    byte[] body = writer.write(tree(batch));
    long end = System.nanoTime() + PATIENCE_NANOS;
    Duration pause = FIRST_PAUSE;
    boolean counted = false;
    try {
      while (true) {
        Outcome o;
        try {
          o = sender.send(body);
        } catch (IOException e) {
          o = new Outcome.Later(String.valueOf(e.getMessage()));
        }
        switch (o) {
          case Outcome.Accepted t -> {
            long refused = Math.min(t.rejected(), batch.size());
            done(batch.size() - refused, refused);
            counted = true;
            taken(refused, t.message());
            return;
          }
          case Outcome.Never n -> {
            done(0, batch.size());
            counted = true;
            logProblem(batch.size() + " spans were rejected: " + n.problem());
            return;
          }
          case Outcome.Later l -> {
            logProblem("spans cannot be sent: " + l.problem());
            if (!pause(pause) || System.nanoTime() - end >= 0) {
              done(0, batch.size());
              counted = true;
              return;
            }
          }
        }
        pause = pause.multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      }
    } finally {
      if (!counted) {
        done(0, batch.size()); // cut off
      }
    }
  }

  /** Removes spans from the queue before counting them, so that none is counted twice. */
  private void done(long sent, long failed) {
    lock.lock();
    try {
      underWay = 0;
    } finally {
      lock.unlock();
    }
    counts.sent.add(sent);
    counts.failed.add(failed);
  }

  /** Waits; false if there is no time to wait, because it is to end. */
  private boolean pause(Duration d) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long remaining = d.toNanos();
      while (!stopped && remaining > 0) {
        remaining = news.awaitNanos(remaining);
      }
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  /** Each problem is logged once, until it changes or is solved. */
  private void logProblem(String what) {
    if (!what.equals(problem)) {
      problem = what;
      LOG.log(Level.WARNING, "traces: {0}", what);
    }
  }

  private void taken(long refused, String message) {
    if (refused > 0 || !message.isEmpty()) {
      logProblem(refused + " spans were rejected: " + message);
    } else if (problem != null) {
      problem = null;
      LOG.log(Level.INFO, "traces: spans are accepted again");
    }
  }

  private TracesData tree(List<Span> spans) {
    TracesData data = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.setResource(resource);
    ScopeGroup<Span> s = new ScopeGroup<>();
    Scope scope = new Scope();
    scope.setName("dev.tethys");
    s.setScope(scope);
    s.items().addAll(spans);
    r.scopes().add(s);
    data.resources().add(r);
    return data;
  }

  /** Accepts no more spans, sends waiting ones for a while, and drops the rest. */
  @Override
  public void close() {
    lock.lock();
    try {
      stopped = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      if (!thread.join(Tracing.FAREWELL)) {
        thread.interrupt();
        thread.join(Tracing.FAREWELL);
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    lock.lock();
    try {
      if (!queue.isEmpty()) {
        counts.dropped.add(queue.size());
        LOG.log(Level.WARNING, "traces: {0} spans were not sent before shutdown", queue.size());
        queue.clear();
      }
    } finally {
      lock.unlock();
    }
  }
}
