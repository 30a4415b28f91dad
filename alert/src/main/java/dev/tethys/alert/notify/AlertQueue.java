package dev.tethys.alert.notify;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.alert.notify.AlertmanagerStatus.Dropped;
import dev.tethys.alert.rule.RuleClock;
import dev.tethys.config.Redaction;
import dev.tethys.model.Labels;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sending queue of one Alertmanager, with its sender thread.
 *
 * <p>Invariants: at most {@link NotifierOptions#queueCapacity()} alerts wait, and one batch is in
 * flight; the oldest are dropped for newer ones. A failed batch is retried with growing pauses
 * until it is delivered, rejected, or expired: a firing alert must not arrive after its end, or it
 * would be taken as resolved. Accepted = sent + waiting + dropped + superseded by a newer state of
 * the same alert.
 */
final class AlertQueue {
  /** The pause after a first failure. */
  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** The longest pause between two attempts. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  /** Time after its end in which a resolved alert is still sent. */
  static final Duration RESOLVED_RETENTION = Duration.ofMinutes(15);

  private static final System.Logger LOG = JulLogger.of(AlertQueue.class.getName());

  private final URI url;
  private final String name;
  private final AlertPost post;
  private final NotifierOptions options;
  private final NotifyMetrics metrics;
  private final RuleClock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  @GuardedBy("lock")
  private final ArrayDeque<Notification> queue = new ArrayDeque<>();

  @GuardedBy("lock")
  private final DeliveryFacts facts;

  @GuardedBy("lock")
  private int underWay; // of the batch that left the queue

  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean drain;
  private volatile DeliveryListener listener = (name, alerts, at) -> {};

  AlertQueue(
      URI url, AlertPost post, NotifierOptions options, NotifyMetrics metrics, RuleClock clock) {
    this.url = url;
    this.name = Redaction.url(url);
    this.post = post;
    this.options = options;
    this.metrics = metrics;
    this.clock = clock;
    this.facts = new DeliveryFacts(name, metrics);
    metrics.added(name);
    this.thread =
        Thread.ofVirtual()
            .name("alerts to " + name)
            .start(SupervisedLoop.of("alert_queue", this::run));
  }

  /** Sets the listener of successful requests. */
  AlertQueue onDelivered(DeliveryListener l) {
    listener = l;
    return this;
  }

  /** Queues notifications without blocking. */
  void add(List<Notification> alerts) {
    int dropped = 0;
    lock.lock();
    try {
      if (stopped.getCount() == 0) {
        return;
      }
      queue.addAll(alerts);
      while (queue.size() > options.queueCapacity()) {
        queue.removeFirst();
        dropped++;
      }
      if (dropped > 0) {
        facts.dropped(new Dropped(dropped, 0, 0));
      }
      metrics.queueLength.with(name).set(queue.size());
      news.signal();
    } finally {
      lock.unlock();
    }
    if (dropped > 0) {
      LOG.log(Level.WARNING, "the queue of alerts to {0} is full: {1} were dropped", name, dropped);
    }
  }

  /** Returns the URL, as metrics name it. */
  String name() {
    return name;
  }

  /** Returns the number of queued notifications. */
  int size() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the delivery status. */
  AlertmanagerStatus status() {
    lock.lock();
    try {
      return facts.status(name, queue.size() + underWay, options.queueCapacity());
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread, immediately or, to drain, after one attempt to send everything queued. */
  void stop(boolean drainFirst) {
    drain = drainFirst;
    lock.lock();
    try {
      stopped.countDown();
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the thread up to a limit; then interrupts it. Remaining alerts are dropped. */
  void awaitEnd(Duration timeLimit) throws InterruptedException {
    if (!thread.join(timeLimit)) {
      thread.interrupt();
      thread.join(Duration.ofSeconds(5));
    }
    int left = size();
    if (left > 0) {
      LOG.log(Level.WARNING, "{0} alerts to {1} were not sent before shutdown", left, name);
      metrics.dropped.with(name).add(left);
    }
  }

  /**
   * Stops a queue that this one replaces, and takes over its waiting notifications and its status.
   */
  void takeOver(AlertQueue former) throws InterruptedException {
    former.stop(false);
    former.thread.interrupt();
    former.thread.join(Duration.ofSeconds(5));
    List<Notification> left;
    former.lock.lock();
    try {
      left = new ArrayList<>(former.queue);
      former.queue.clear();
      lock.lock();
      try {
        facts.resumeFrom(former.facts);
      } finally {
        lock.unlock();
      }
    } finally {
      former.lock.unlock();
    }
    add(left);
  }

  private void run() {
    List<Notification> batch = List.of();
    try {
      Duration pause = FIRST_PAUSE;
      while (stopped.getCount() != 0 || drain) {
        batch = batch.isEmpty() ? next() : retryable(batch);
        if (batch.isEmpty()) {
          if (stopped.getCount() == 0 && size() == 0) {
            return;
          }
          pause = FIRST_PAUSE;
          continue;
        }
        if (send(batch)) {
          batch = List.of();
          pause = FIRST_PAUSE;
          continue;
        }
        if (stopped.getCount() == 0) {
          break; // no Alertmanager is reachable, and there is no time to wait
        }
        clock.await(clock.instant().plus(pause), stopped);
        pause = pause.multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      putBack(batch);
    }
  }

  private void putBack(List<Notification> batch) {
    lock.lock();
    try {
      for (int i = batch.size() - 1; i >= 0; i--) {
        queue.addFirst(batch.get(i));
      }
      underWay = 0;
    } finally {
      lock.unlock();
    }
  }

  private List<Notification> next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (queue.isEmpty() && stopped.getCount() != 0) {
        news.await();
      }
      List<Notification> batch = new ArrayList<>(Math.min(queue.size(), options.batchSize()));
      while (batch.size() < options.batchSize() && !queue.isEmpty()) {
        batch.add(queue.removeFirst());
      }
      underWay = batch.size();
      metrics.queueLength.with(name).set(queue.size());
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the notifications of a failed batch that should be retried. */
  private List<Notification> retryable(List<Notification> batch) {
    Instant now = clock.instant();
    List<Notification> out = new ArrayList<>(batch.size());
    int old = 0;
    lock.lock();
    try {
      Set<Labels> newer = new HashSet<>();
      queue.forEach(n -> newer.add(n.labels()));
      for (Notification n : batch) {
        Instant last = n.resolved() ? n.endsAt().plus(RESOLVED_RETENTION) : n.endsAt();
        if (newer.contains(n.labels())) {
          facts.superseded(1);
        } else if (last.isAfter(now)) {
          out.add(n);
        } else {
          old++;
        }
      }
      if (old > 0) {
        facts.dropped(new Dropped(0, 0, old));
      }
      underWay = out.size();
    } finally {
      lock.unlock();
    }
    if (old > 0) {
      LOG.log(Level.WARNING, "{0} alerts to {1} were dropped: expired", old, name);
    }
    return out;
  }

  /** True if the batch is done with. */
  private boolean send(List<Notification> batch) throws InterruptedException {
    long start = System.nanoTime();
    String problem;
    boolean again = true;
    try {
      AlertPost.Reply r = post.post(url, AlertJson.of(batch));
      if (r.status() / 100 == 2) {
        metrics.observeLatency(name, (System.nanoTime() - start) / 1e9);
        delivered(batch);
        return true;
      }
      problem =
          "bad response status "
              + r.status()
              + (r.errorText().isEmpty() ? "" : ": " + r.errorText());
      again = r.status() >= 500 || r.status() == 429 || r.status() == 408;
    } catch (IOException e) {
      problem = IoFailures.describe(e);
    } catch (RuntimeException e) { // the sender thread must survive, and the fault must be logged
      LOG.log(Level.ERROR, "internal error while sending alerts to " + name, e);
      problem = "internal error, see the log of the server";
    }
    failed(batch.size(), problem, again);
    return !again;
  }

  private void delivered(List<Notification> alerts) {
    Instant now = clock.instant();
    lock.lock();
    try {
      facts.sent(alerts.size(), now);
      underWay = 0;
    } finally {
      lock.unlock();
    }
    listener.delivered(name, alerts, now);
  }

  private void failed(int alerts, String problem, boolean again) {
    LOG.log(
        Level.ERROR,
        "{0} alerts were not sent to {1}: {2}{3}",
        alerts,
        name,
        problem,
        again ? "; retrying" : "; they are dropped");
    Instant now = clock.instant();
    lock.lock();
    try {
      facts.failed(alerts, problem, now);
      if (!again) {
        facts.dropped(new Dropped(0, alerts, 0));
        underWay = 0;
      }
    } finally {
      lock.unlock();
    }
  }
}
