package dev.tethys.pipeline.delivery;

import dev.tethys.model.GoDurationText;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of an outbox: keeps those in flight, evaluates responses, schedules retries,
 * and ends a request when its retries are used up.
 *
 * <p>Invariants, under the lock of the queue state: every entry that was taken from the storage and
 * is not done is one of its jobs; the number in flight on the current {@link SenderBinding} is
 * within its limit when one is started. Requests in flight on a previous binding end there.
 */
final class Dispatcher {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.pipeline.delivery");

  /** Time for interrupted threads to notice. */
  private static final Duration CUT_OFF = Duration.ofSeconds(2);

  private final String name;
  private final QueueState state;
  private final ItemAccounting account;
  private final DeadLetterSink deadLetters;
  private final DeliveryErrorLog errorLog;
  private final Scheduler clock;
  private final RandomGenerator random;

  // All below is guarded by the lock of the queue state.
  private final SenderBindings bindings;
  private long retries;
  private Scheduler.@Nullable Timer wake;

  Dispatcher(OutboxContext context, QueueState state, Sender sender, DeadLetterSink deadLetters) {
    this.name = context.name();
    this.account = context.account();
    this.errorLog = context.errorLog();
    this.clock = context.clock();
    this.random = context.random();
    this.state = state;
    this.deadLetters = deadLetters;
    this.bindings = new SenderBindings(context, sender, state.options);
  }

  /** Returns the current binding; the caller must hold the lock. */
  SenderBinding binding() {
    return bindings.present();
  }

  /** Whether the destination recently accepted nothing; the caller must hold the lock. */
  boolean isFailing() {
    Breaker b = binding().breaker;
    return b.isProbing() || b.pauseNanos(clock.nanos()) > 0 || state.jobs.hasFailedOldest();
  }

  /** Returns the number of retries; the caller must hold the lock. */
  long retries() {
    return retries;
  }

  /** Returns the number of requests in flight; the caller must hold the lock. */
  int inFlight() {
    return bindings.inFlight();
  }

  /** Starts all ready requests within the limit; the caller must hold the lock. */
  void dispatchReady() {
    SenderBinding binding = bindings.present();
    while (state.phase != QueueState.Phase.CLOSED && binding.inFlight < binding.permitted()) {
      long pause = binding.breaker.pauseNanos(clock.nanos());
      if (pause > 0) {
        wakeIn(pause);
        return;
      }
      Job j = state.jobs.next(state.storage);
      if (j == null) {
        return;
      }
      markInFlight(j);
      clock.execute(name, () -> runAttempts(j));
    }
  }

  private void markInFlight(Job j) {
    j.state = Job.State.IN_FLIGHT;
    j.binding = bindings.present();
    j.binding.inFlight++;
  }

  private void wakeIn(long nanos) {
    if (wake != null || state.requests == 0) {
      return;
    }
    wake =
        clock.schedule(
            Duration.ofNanos(nanos),
            () -> {
              state.lock.lock();
              try {
                wake = null;
                dispatchReady();
              } finally {
                state.lock.unlock();
              }
            });
  }

  /** Sends a job, on its own thread. */
  private void runAttempts(Job j) {
    state.lock.lock();
    try {
      if (j.state != Job.State.IN_FLIGHT) {
        return;
      }
      j.thread = Thread.currentThread();
      if (j.attempts == 0) {
        j.firstAttempt = clock.nanos();
      }
    } finally {
      state.lock.unlock();
    }
    boolean more = true;
    while (more) {
      EncodedRequest p = null;
      SendResult v;
      long start = clock.nanos();
      try {
        ArrayDeque<EncodedRequest> parts = j.parts;
        p = parts == null ? state.storage.load(j.entry) : parts.getFirst();
        start = clock.nanos();
        v = j.binding().sender.send(p);
      } catch (CorruptSegmentException e) {
        LOG.log(Level.WARNING, "{0}: the queue on disk: {1}", name, e.getMessage());
        more = false;
        lost(j);
        continue;
      } catch (InterruptedException e) {
        v = new SendResult.Retryable(Duration.ZERO, false, "cut off while stopping");
      } catch (IOException e) {
        v = new SendResult.Retryable(Duration.ZERO, false, text(e));
      } catch (RuntimeException | Error e) { // also when memory ends the request must not stay out
        LOG.log(Level.ERROR, name + ": sending failed in a way that is a fault of Tethys", e);
        v = new SendResult.Retryable(Duration.ZERO, false, e.toString());
      }
      more = handleResult(j, p, v, start);
    }
  }

  private static String text(IOException e) {
    String m = e.getMessage();
    return m == null || m.isEmpty() ? e.getClass().getSimpleName() : m;
  }

  /** Ends a job whose record on disk is lost. */
  private void lost(Job j) {
    state.lock.lock();
    try {
      if (j.state == Job.State.GONE) {
        return;
      }
      j.state = Job.State.ANSWERED;
      account.drop(Drops.DAMAGED, j.itemsLeft);
    } finally {
      state.lock.unlock();
    }
    finish(j);
  }

  /**
   * Handles a result.
   *
   * @return whether another part of the job must be sent immediately
   */
  private boolean handleResult(Job j, @Nullable EncodedRequest p, SendResult v, long start) {
    long now = clock.nanos();
    state.lock.lock();
    try {
      if (j.state == Job.State.GONE) {
        return false; // its source was answered otherwise in the meantime
      }
      j.state = Job.State.ANSWERED;
      // Only requests in flight are interrupted; a leftover interrupt would close the next written
      // file.
      Thread.interrupted();
      j.attempts++;
      if (j.attempts > 1) {
        retries++;
      }
      if (!(v instanceof SendResult.Retryable)) {
        j.binding().limit.success(start, now, j.binding().inFlight);
        j.binding().breaker.success();
      }
    } finally {
      state.lock.unlock();
    }
    if (p == null) {
      SendResult.Retryable unread =
          v instanceof SendResult.Retryable l
              ? l
              : new SendResult.Retryable(Duration.ZERO, false, "");
      return scheduleRetry(j, unread, start, now);
    }
    boolean isDone;
    switch (v) {
      case SendResult.Delivered d -> {
        account.pass(p.items());
        if (j.attempts > 1) {
          errorLog.taken(j.attempts);
        }
        isDone = partDone(j, p, Outcome.ACCEPTED);
      }
      case SendResult.Reassigned x -> {
        await(j, x);
        isDone = partDone(j, p, Outcome.ACCEPTED);
      }
      case SendResult.Partial x -> {
        int refused = Math.clamp(x.refused(), 0, p.items());
        account.pass(p.items() - refused);
        account.drop(Drops.PARTLY_REFUSED, refused);
        errorLog.note(x.reason());
        errorLog.log(refused + " of " + p.items() + " items refused: " + x.reason());
        isDone =
            partDone(
                j, p, refused == 0 ? Outcome.ACCEPTED : new Outcome.Rejected(x.reason(), refused));
      }
      case SendResult.Permanent x -> {
        errorLog.note(x.reason());
        isDone =
            partDone(
                j, p, deadLetters.deadLetter(j.entry, p, x.reason(), Drops.REFUSED, j.attempts));
      }
      case SendResult.Split x -> {
        String problem = replace(j, p, x);
        isDone =
            problem != null
                && partDone(
                    j, p, deadLetters.deadLetter(j.entry, p, problem, Drops.REFUSED, j.attempts));
      }
      case SendResult.PerItem x -> {
        if (x.items() != p.items()) {
          String fault = "an answer for " + x.items() + " of " + p.items() + " items";
          return scheduleRetry(
              j, new SendResult.Retryable(Duration.ZERO, false, fault), start, now);
        }
        account.pass(x.delivered());
        Outcome sorted = Outcome.ACCEPTED;
        for (SendResult.Refused r : x.refused()) {
          errorLog.note(r.reason());
          sorted =
              Outcome.plus(
                  sorted,
                  deadLetters.deadLetter(
                      j.entry, r.request(), r.reason(), Drops.REFUSED, j.attempts));
        }
        EncodedRequest again = x.again();
        if (again != null) {
          state.lock.lock();
          try {
            j.shrink(p, again, sorted);
          } finally {
            state.lock.unlock();
          }
          return scheduleRetry(
              j, new SendResult.Retryable(x.after(), x.overload(), x.reason()), start, now);
        }
        isDone = partDone(j, p, sorted);
      }
      case SendResult.Retryable l -> {
        return scheduleRetry(j, l, start, now);
      }
    }
    if (isDone) {
      finish(j);
      return false;
    }
    return proceed(j);
  }

  /** Waits for the part in another outbox to be settled before the source receives the outcome. */
  private void await(Job j, SendResult.Reassigned moved) {
    AckCallback both = null;
    state.lock.lock();
    try {
      if (j.ack != AckCallback.NONE) {
        both = AckCallback.parts(j.ack, 2);
        j.ack = both;
      }
    } finally {
      state.lock.unlock();
    }
    if (both != null) {
      moved.outcome().thenAccept(both::complete);
    }
  }

  /** Sends the next part immediately, unless everything stops. */
  private boolean proceed(Job j) {
    state.lock.lock();
    try {
      if (state.phase == QueueState.Phase.CLOSED) {
        markDelayed(j);
        return false;
      }
      bindings.requestEnded(j.binding());
      markInFlight(j);
      return true;
    } finally {
      state.lock.unlock();
    }
  }

  /** Waits from now on. */
  private void markDelayed(Job j) {
    j.state = Job.State.DELAYED;
    j.thread = null;
    bindings.requestEnded(j.binding());
    state.settled.signalAll();
  }

  /** Completes one part of a job, or all of it; returns whether that was the last. */
  private boolean partDone(Job j, EncodedRequest p, Outcome outcome) {
    state.lock.lock();
    try {
      return j.partDone(p, outcome, clock.nanos());
    } finally {
      state.lock.unlock();
    }
  }

  /** Replaces a request by others; returns the reason why that is invalid, or null. */
  private @Nullable String replace(Job j, EncodedRequest p, SendResult.Split x) {
    state.lock.lock();
    try {
      String problem = j.replace(p, x);
      if (problem == null) {
        errorLog.note(x.reason());
      }
      return problem;
    } finally {
      state.lock.unlock();
    }
  }

  /** Schedules the next attempt, or ends the job. */
  private boolean scheduleRetry(Job j, SendResult.Retryable l, long start, long now) {
    OutboxOptions.Retry retry = j.binding().retry;
    Duration pause = Backoff.pause(retry, Math.max(1, j.attempts), random);
    if (l.after().compareTo(pause) > 0) {
      pause = l.after();
    }
    boolean over;
    state.lock.lock();
    try {
      if (j.binding() == bindings.present()) {
        errorLog.note(l.reason());
      }
      if (l.overload()) {
        j.binding().limit.overload(start, now);
      }
      j.binding().breaker.failure(start, now, l.after());
      if (state.phase == QueueState.Phase.CLOSED) {
        markDelayed(j);
        return false;
      }
      if (j.binding() != bindings.present()) {
        markDelayed(j);
        retryNow(j);
        dispatchReady();
        return false;
      }
      over =
          !retry.enabled()
              || retry.maxAttempts() > 0 && j.attempts >= retry.maxAttempts()
              || retry.maxElapsed().isPositive()
                  && !((j.entry.waits || j.entry.place != null) && retry.untilDelivered())
                  && now - j.firstAttempt + pause.toNanos() > retry.maxElapsed().toNanos();
      if (!over) {
        if (j.attempts == 1) {
          LOG.log(
              Level.DEBUG,
              "{0}: retrying in {1}: {2}",
              name,
              GoDurationText.of(pause.toNanos()),
              l.reason());
        } else {
          errorLog.waits(j.attempts, l.reason());
        }
        markDelayed(j);
        j.timer = clock.schedule(pause, () -> retry(j));
        dispatchReady();
        return false;
      }
    } finally {
      state.lock.unlock();
    }
    failRetries(j, l);
    return false;
  }

  private void retry(Job j) {
    state.lock.lock();
    try {
      if (j.state == Job.State.DELAYED) {
        j.timer = null;
        state.jobs.requeue(j);
        dispatchReady();
      }
    } finally {
      state.lock.unlock();
    }
  }

  /** Retries a delayed job like a new one, because its reason to wait no longer applies. */
  private void retryNow(Job j) {
    if (j.timer != null) {
      j.timer.cancel();
      j.timer = null;
    }
    j.attempts = 0;
    state.jobs.requeue(j);
  }

  /** Fails the rest of a job after its retries. */
  private void failRetries(Job j, SendResult.Retryable l) {
    String reason = "failed after " + j.attempts + " attempts: " + l.reason();
    boolean waits = !deadLetters.keeps(j.entry) && j.ack != AckCallback.NONE;
    if (waits) {
      account.returnItems(j.itemsLeft);
      errorLog.log(j.itemsLeft + " items returned to their source: " + reason);
      j.outcome = Outcome.plus(j.outcome, new Outcome.Unavailable(reason, l.after(), true));
    } else {
      List<EncodedRequest> left = new ArrayList<>();
      try {
        if (j.parts != null) {
          left.addAll(j.parts);
        } else {
          left.add(state.storage.load(j.entry));
        }
      } catch (IOException e) {
        account.drop(Drops.DAMAGED, j.itemsLeft);
        LOG.log(Level.WARNING, "{0}: {1}", name, text(e));
      }
      for (EncodedRequest p : left) {
        j.outcome =
            Outcome.plus(
                j.outcome,
                deadLetters.deadLetter(j.entry, p, reason, Drops.RETRIES_EXHAUSTED, j.attempts));
      }
    }
    finish(j);
  }

  /** Finishes a job. */
  private void finish(Job j) {
    state.storage.done(j.entry);
    state.lock.lock();
    try {
      j.state = Job.State.GONE;
      j.thread = null;
      bindings.requestEnded(j.binding());
      state.jobs.done(j);
      state.recordRemoval(j.entry.items, clock.millis());
      if (state.overflow != null) {
        state.overflow.removed();
      }
      state.notifying++;
      dispatchReady();
    } finally {
      state.lock.unlock();
    }
    try {
      j.ack.complete(j.outcome);
    } finally {
      state.lock.lock();
      try {
        state.notifying--;
        state.settled.signalAll();
      } finally {
        state.lock.unlock();
      }
    }
  }

  /**
   * Switches waiting requests to another sender, delayed ones immediately; it may be a previous
   * sender.
   */
  void replaceSender(Sender sender) {
    state.lock.lock();
    try {
      if (!bindings.replaceSender(sender, state.options)) {
        return;
      }
      errorLog.forget();
      if (wake != null) {
        wake.cancel();
        wake = null;
      }
      List<Job> all = new ArrayList<>(state.jobs.all());
      for (Job j : all.reversed()) {
        if (j.state == Job.State.DELAYED) {
          retryNow(j);
        }
      }
      dispatchReady();
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * Closes a previous sender once it has no requests in flight.
   *
   * @param timeLimit time limit after which requests are interrupted, to be sent again
   */
  void end(Sender sender, Duration timeLimit) {
    sender.flushBeforeStop();
    state.lock.lock();
    try {
      SenderBinding r = bindings.ending(sender);
      if (r != null) {
        r.cutOff = clock.schedule(timeLimit, () -> interrupt(r));
      }
    } finally {
      state.lock.unlock();
    }
  }

  private void interrupt(SenderBinding r) {
    state.lock.lock();
    try {
      for (Job j : state.jobs.all()) {
        if (j.state == Job.State.IN_FLIGHT && j.binding == r && j.thread != null) {
          j.thread.interrupt();
        }
      }
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * Interrupts the requests in flight, and waits briefly for them and for sources being notified.
   * The queue is closed.
   */
  void cutOff() {
    state.lock.lock();
    try {
      for (Job j : state.jobs.all()) {
        if (j.state == Job.State.IN_FLIGHT && j.thread != null) {
          j.thread.interrupt();
        }
        if (j.timer != null) {
          j.timer.cancel();
        }
      }
      if (wake != null) {
        wake.cancel();
      }
      long left = CUT_OFF.toNanos();
      boolean interrupted = false;
      while (state.stores > 0
          || state.jobs.isAny(Job.State.ANSWERED)
          || (state.notifying > 0 || state.jobs.isAny(Job.State.IN_FLIGHT)) && left > 0) {
        try {
          left = state.settled.awaitNanos(Math.max(left, 1_000_000));
        } catch (InterruptedException e) {
          interrupted = true;
          left = 0;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    } finally {
      state.lock.unlock();
    }
  }

  /** Announces the approaching end to senders. */
  void flushBeforeStop() {
    Sender s;
    state.lock.lock();
    try {
      s = bindings.present().sender;
    } finally {
      state.lock.unlock();
    }
    s.flushBeforeStop();
  }

  /** Closes all senders; nothing is sent afterwards. */
  void close() {
    List<Sender> all;
    state.lock.lock();
    try {
      all = bindings.clear();
    } finally {
      state.lock.unlock();
    }
    all.forEach(Sender::close);
  }
}
