package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Receipt;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.ledger.Account;
import dev.tethys.pipeline.ledger.Drops;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends what waits on a {@link Shelf}.
 *
 * <p>Invariants, under {@code lock}: every entry that was handed out and is not done is one of
 * {@link Jobs}; at most {@code permitted()} of them fly when one is started. Receipts are settled,
 * and the sender and files are called, without the lock.
 */
final class DeliveryEngine implements Outbox {
  private static final System.Logger LOG = System.getLogger("dev.tethys.pipeline.delivery");

  /** How long threads that were cut off may take to notice. */
  private static final Duration CUT_OFF = Duration.ofSeconds(2);

  private enum Phase {
    OPEN,
    DRAINING,
    CLOSED
  }

  private final String name;
  private final OutboxOptions options;
  private final Sender sender;
  private final Account account;
  private final Clockwork clock;
  private final RandomGenerator random;
  private final Shelf shelf;
  private final @Nullable DeadLetters letters;
  private final @Nullable SegmentedLog log;
  private final Closeable folderLock;
  private final Complaints complaints;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Condition settled = lock.newCondition();

  // All below is guarded by lock.
  private final AdaptiveLimit limit;
  private final Breaker breaker;
  private final Jobs jobs = new Jobs();
  private long parcels;
  private long items;
  private long storing; // bytes that are being written
  private int stores; // threads that are writing
  private int blocked; // threads that wait for room
  private int inFlight;
  private long retries;
  private Phase phase = Phase.OPEN;
  private boolean timeUp;
  private Clockwork.@Nullable Timer wake;
  private Clockwork.@Nullable Timer syncTimer;

  DeliveryEngine(
      String name,
      OutboxOptions options,
      Sender sender,
      Account account,
      Clockwork clock,
      RandomGenerator random,
      Shelf shelf,
      @Nullable SegmentedLog log,
      @Nullable DeadLetters letters,
      Closeable folderLock) {
    this.name = name;
    this.options = options;
    this.sender = sender;
    this.account = account;
    this.clock = clock;
    this.random = random;
    this.shelf = shelf;
    this.log = log;
    this.letters = letters;
    this.folderLock = folderLock;
    this.complaints = new Complaints(name, clock);
    this.limit = new AdaptiveLimit(options.concurrency(), options.adaptive());
    this.breaker = new Breaker(options.retry(), random);
  }

  /** Begins to send what was found. */
  void start() {
    lock.lock();
    try {
      Shelf.Dropped found = shelf.found();
      parcels = found.parcels();
      items = found.items();
      account.restore(found.items());
      if (found.parcels() > 0) {
        LOG.log(
            Level.INFO,
            "{0}: {1} requests with {2} items wait on disk",
            name,
            found.parcels(),
            found.items());
      }
      pump();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void put(Parcel parcel, Receipt receipt) {
    account.take(parcel.items());
    Outcome refusal = admit(parcel, true);
    if (refusal == null) {
      refusal = store(parcel, receipt);
      if (refusal == null) {
        return;
      }
    }
    receipt.settle(refusal);
  }

  /**
   * Makes sure that there is room, and reserves it.
   *
   * @return null when there is; otherwise what to tell the source, already accounted for
   */
  private @Nullable Outcome admit(Parcel parcel, boolean mayDropItself) {
    Capacity c = options.capacity();
    long charge = shelf.charge(parcel);
    if (charge + (log == null ? 0 : SegmentedLog.HEADER) > c.bytes()
        || c.items() > 0 && parcel.items() > c.items()) {
      account.giveBack(parcel.items());
      return new Outcome.Rejected(
          "a request of "
              + charge
              + " bytes and "
              + parcel.items()
              + " items is larger than the whole queue of "
              + name,
          parcel.items());
    }
    List<Receipt> dropped = new ArrayList<>();
    lock.lock();
    try {
      while (true) {
        if (phase != Phase.OPEN) {
          account.giveBack(parcel.items());
          return new Outcome.Unavailable(name + " is stopping", Duration.ZERO);
        }
        if (hasRoom(parcel, charge)) {
          parcels++;
          items += parcel.items();
          storing += charge;
          stores++;
          return null;
        }
        switch (options.whenFull()) {
          case REFUSE -> {
            account.giveBack(parcel.items());
            return new Outcome.Unavailable("the queue of " + name + " is full", Duration.ZERO);
          }
          case DROP_NEWEST -> {
            if (mayDropItself) {
              account.drop(Drops.QUEUE_FULL, parcel.items());
              return Outcome.ACCEPTED;
            }
            account.giveBack(parcel.items());
            return new Outcome.Unavailable("the queue of " + name + " is full", Duration.ZERO);
          }
          case DROP_OLDEST -> {
            if (!dropOldest(dropped)) {
              awaitRoom();
            }
          }
          case BLOCK -> awaitRoom();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      account.giveBack(parcel.items());
      return new Outcome.Unavailable("interrupted while waiting for room", Duration.ZERO);
    } finally {
      lock.unlock();
      dropped.forEach(r -> r.settle(Outcome.ACCEPTED)); // as configured
    }
  }

  private boolean hasRoom(Parcel parcel, long charge) {
    Capacity c = options.capacity();
    if (c.items() > 0 && items + parcel.items() > c.items()
        || c.parcels() > 0 && parcels + 1 > c.parcels()) {
      return false;
    }
    // A new segment may have to be begun for it.
    long extra = log == null ? 0 : SegmentedLog.HEADER;
    if (shelf.bytes() + storing + charge + extra <= c.bytes()) {
      return true;
    }
    if (log == null) {
      return false;
    }
    log.tidy();
    return shelf.bytes() + storing + charge + extra <= c.bytes();
  }

  private void awaitRoom() throws InterruptedException {
    blocked++;
    try {
      room.await();
    } finally {
      blocked--;
    }
  }

  /**
   * Makes some room; false when all is being sent.
   *
   * @param told gets the receipts of what was dropped
   */
  private boolean dropOldest(List<Receipt> told) {
    Shelf.Dropped d = shelf.dropOldest(jobs.handedOut(told));
    if (d.parcels() == 0) {
      return false;
    }
    parcels -= d.parcels();
    items -= d.items();
    account.drop(Drops.QUEUE_FULL, d.items());
    Shelf.Entry memory = d.entry();
    if (memory != null) {
      Receipt r = jobs.forget(memory);
      if (r != null) {
        told.add(r);
      }
    }
    return true;
  }

  /** Stores a parcel for which room was reserved; null when it waits now. */
  private @Nullable Outcome store(Parcel parcel, Receipt receipt) {
    long charge = shelf.charge(parcel);
    Shelf.Entry e = null;
    IOException failure = null;
    try {
      e = shelf.store(parcel, clock.millis());
    } catch (IOException x) {
      failure = x;
    }
    if (e == null) {
      return notStored(parcel, charge, "the queue of " + name + " on disk: " + failure);
    }
    boolean early = log != null || options.acknowledgeQueued();
    try {
      if (early) {
        // Before it can be sent, so that what its source notes of it stands by then.
        receipt.settle(Outcome.ACCEPTED);
      }
    } finally {
      lock.lock();
      try {
        storing -= charge;
        stores--;
        settled.signalAll();
        if (!early) {
          jobs.remember(e, receipt);
        }
        shelf.publish(e);
        if (log != null && options.disk() != null) {
          syncLater();
        }
        pump();
      } finally {
        lock.unlock();
      }
    }
    return null;
  }

  private Outcome notStored(Parcel parcel, long charge, String why) {
    lock.lock();
    try {
      storing -= charge;
      stores--;
      parcels--;
      items -= parcel.items();
      settled.signalAll();
      account.giveBack(parcel.items());
      complaints.note(why);
      room.signalAll();
    } finally {
      lock.unlock();
    }
    return new Outcome.Unavailable(why, Duration.ZERO);
  }

  private void syncLater() {
    OutboxOptions.Disk d = options.disk();
    if (d == null || d.sync() != OutboxOptions.Sync.EVERY_SECOND || syncTimer != null) {
      return;
    }
    syncTimer =
        clock.schedule(Duration.ofSeconds(1), () -> clock.execute(name + " sync", this::sync));
  }

  private void sync() {
    lock.lock();
    try {
      syncTimer = null;
    } finally {
      lock.unlock();
    }
    try {
      if (log != null) {
        log.forceAll();
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}: the queue on disk: {1}", name, e.toString());
    }
  }

  private int permitted() {
    return breaker.isProbing() ? 1 : limit.limit();
  }

  /** Starts what may be started. */
  private void pump() {
    while (phase != Phase.CLOSED && inFlight < permitted()) {
      long pause = breaker.pauseNanos(clock.nanos());
      if (pause > 0) {
        wakeIn(pause);
        return;
      }
      Job j = jobs.next(shelf);
      if (j == null) {
        return;
      }
      j.state = Job.State.FLYING;
      inFlight++;
      Job job = j;
      clock.execute(name, () -> fly(job));
    }
  }

  private void wakeIn(long nanos) {
    if (wake != null || parcels == 0) {
      return;
    }
    wake =
        clock.schedule(
            Duration.ofNanos(nanos),
            () -> {
              lock.lock();
              try {
                wake = null;
                pump();
              } finally {
                lock.unlock();
              }
            });
  }

  /** Sends a job, on a thread of its own. */
  private void fly(Job j) {
    lock.lock();
    try {
      if (j.state != Job.State.FLYING) {
        return;
      }
      j.thread = Thread.currentThread();
      if (j.attempts == 0) {
        j.firstAttempt = clock.nanos();
      }
    } finally {
      lock.unlock();
    }
    boolean more = true;
    while (more) {
      Parcel p = null;
      Verdict v;
      long start = clock.nanos();
      try {
        ArrayDeque<Parcel> parts = j.parts;
        p = parts == null ? shelf.load(j.entry) : parts.getFirst();
        start = clock.nanos();
        v = sender.send(p);
      } catch (DamagedException e) {
        LOG.log(Level.WARNING, "{0}: the queue on disk: {1}", name, e.getMessage());
        more = false;
        lost(j);
        continue;
      } catch (InterruptedException e) {
        v = new Verdict.Later(Duration.ZERO, false, "cut off while stopping");
      } catch (IOException e) {
        v = new Verdict.Later(Duration.ZERO, false, text(e));
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, name + ": sending failed in a way that is a fault of Tethys", e);
        v = new Verdict.Later(Duration.ZERO, false, e.toString());
      }
      more = heard(j, p, v, start);
    }
  }

  private static String text(IOException e) {
    String m = e.getMessage();
    return m == null || m.isEmpty() ? e.getClass().getSimpleName() : m;
  }

  /** What stood on disk is gone. */
  private void lost(Job j) {
    lock.lock();
    try {
      if (j.state == Job.State.GONE) {
        return;
      }
      j.state = Job.State.HEARD;
      account.drop(Drops.DAMAGED, j.itemsLeft);
    } finally {
      lock.unlock();
    }
    finish(j);
  }

  /**
   * Deals with an answer.
   *
   * @return whether there is more of the job to send at once
   */
  private boolean heard(Job j, @Nullable Parcel p, Verdict v, long start) {
    long now = clock.nanos();
    boolean isDone;
    lock.lock();
    try {
      if (j.state == Job.State.GONE) {
        return false; // its source was told otherwise in the meantime
      }
      j.state = Job.State.HEARD;
      j.attempts++;
      if (j.attempts > 1) {
        retries++;
      }
      if (!(v instanceof Verdict.Later)) {
        limit.success(start, now, inFlight);
        breaker.success();
      }
    } finally {
      lock.unlock();
    }
    if (p == null) {
      return later(
          j,
          v instanceof Verdict.Later l ? l : new Verdict.Later(Duration.ZERO, false, ""),
          start,
          now);
    }
    switch (v) {
      case Verdict.Delivered d -> {
        account.pass(p.items());
        if (j.attempts > 1) {
          complaints.taken(j.attempts);
        }
        isDone = partDone(j, p, Outcome.ACCEPTED);
      }
      case Verdict.Partial x -> {
        int refused = Math.clamp(x.refused(), 0, p.items());
        account.pass(p.items() - refused);
        account.drop(Drops.PARTLY_REFUSED, refused);
        complaints.note(x.reason());
        complaints.say(refused + " of " + p.items() + " items refused: " + x.reason());
        isDone =
            partDone(
                j, p, refused == 0 ? Outcome.ACCEPTED : new Outcome.Rejected(x.reason(), refused));
      }
      case Verdict.Never x -> {
        complaints.note(x.reason());
        isDone = partDone(j, p, bury(p, x.reason(), Drops.REFUSED, j.attempts));
      }
      case Verdict.Instead x -> {
        String problem = replace(j, p, x);
        isDone = problem != null && partDone(j, p, bury(p, problem, Drops.REFUSED, j.attempts));
      }
      case Verdict.Sorted x -> {
        if (x.items() != p.items()) {
          String fault = "an answer for " + x.items() + " of " + p.items() + " items";
          return later(j, new Verdict.Later(Duration.ZERO, false, fault), start, now);
        }
        account.pass(x.delivered());
        Outcome sorted = Outcome.ACCEPTED;
        for (Verdict.Refused r : x.refused()) {
          complaints.note(r.reason());
          sorted = Outcome.plus(sorted, bury(r.parcel(), r.reason(), Drops.REFUSED, j.attempts));
        }
        Parcel again = x.again();
        if (again != null) {
          lock.lock();
          try {
            j.shrink(p, again, sorted);
          } finally {
            lock.unlock();
          }
          return later(j, new Verdict.Later(x.after(), x.overload(), x.reason()), start, now);
        }
        isDone = partDone(j, p, sorted);
      }
      case Verdict.Later l -> {
        return later(j, l, start, now);
      }
    }
    if (isDone) {
      finish(j);
      return false;
    }
    return goOn(j);
  }

  /** The next part is sent at once, unless all is to stop. */
  private boolean goOn(Job j) {
    lock.lock();
    try {
      if (phase == Phase.CLOSED) {
        land(j);
        return false;
      }
      j.state = Job.State.FLYING;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits from now on. */
  private void land(Job j) {
    j.state = Job.State.DELAYED;
    j.thread = null;
    inFlight--;
    settled.signalAll();
  }

  /** Among the dead letters where there are any; what the source is told. */
  private Outcome bury(Parcel p, String reason, String dropReason, int attempts) {
    if (letters != null) {
      try {
        letters.add(p, clock.millis(), attempts, reason);
        account.bury(p.items());
        complaints.say(p.items() + " items are dead letters: " + reason);
        return Outcome.ACCEPTED;
      } catch (IOException e) {
        LOG.log(Level.ERROR, "{0}: a dead letter could not be kept: {1}", name, e.toString());
      }
    }
    account.drop(dropReason, p.items());
    complaints.say(p.items() + " items dropped: " + reason);
    return new Outcome.Rejected(reason, p.items());
  }

  /** One part of a job, or all of it, is dealt with; whether that was the last. */
  private boolean partDone(Job j, Parcel p, Outcome outcome) {
    lock.lock();
    try {
      return j.partDone(p, outcome, clock.nanos());
    } finally {
      lock.unlock();
    }
  }

  /** Others are sent in its place; what is wrong with them, or null. */
  private @Nullable String replace(Job j, Parcel p, Verdict.Instead x) {
    lock.lock();
    try {
      String problem = j.replace(p, x);
      if (problem == null) {
        complaints.note(x.reason());
      }
      return problem;
    } finally {
      lock.unlock();
    }
  }

  /** To be tried again, or given up. */
  private boolean later(Job j, Verdict.Later l, long start, long now) {
    OutboxOptions.Retry retry = options.retry();
    Duration pause = Backoff.pause(retry, Math.max(1, j.attempts), random);
    if (l.after().compareTo(pause) > 0) {
      pause = l.after();
    }
    boolean over;
    lock.lock();
    try {
      complaints.note(l.reason());
      if (l.overload()) {
        limit.overload(start, now);
      }
      breaker.failure(start, now, l.after());
      if (phase == Phase.CLOSED) {
        land(j);
        return false;
      }
      over =
          !retry.enabled()
              || retry.maxAttempts() > 0 && j.attempts >= retry.maxAttempts()
              || retry.maxElapsed().isPositive()
                  && now - j.firstAttempt + pause.toNanos() > retry.maxElapsed().toNanos();
      if (!over) {
        if (j.attempts == 1) {
          LOG.log(Level.DEBUG, "{0}: tried again in {1}: {2}", name, pause, l.reason());
        } else {
          complaints.waits(j.attempts, l.reason());
        }
        land(j);
        j.timer = clock.schedule(pause, () -> again(j));
        pump();
        return false;
      }
    } finally {
      lock.unlock();
    }
    giveUp(j, l);
    return false;
  }

  private void again(Job j) {
    lock.lock();
    try {
      if (j.state == Job.State.DELAYED) {
        j.timer = null;
        jobs.again(j);
        pump();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is left of a job was tried for long enough. */
  private void giveUp(Job j, Verdict.Later l) {
    String reason = "given up after " + j.attempts + " attempts: " + l.reason();
    boolean waits = letters == null && j.receipt != Receipt.NONE;
    if (waits) {
      account.giveBack(j.itemsLeft);
      complaints.say(j.itemsLeft + " items returned to their source: " + reason);
      j.outcome = Outcome.plus(j.outcome, new Outcome.Unavailable(reason, l.after()));
    } else {
      List<Parcel> left = new ArrayList<>();
      try {
        if (j.parts != null) {
          left.addAll(j.parts);
        } else {
          left.add(shelf.load(j.entry));
        }
      } catch (IOException e) {
        account.drop(Drops.DAMAGED, j.itemsLeft);
        LOG.log(Level.WARNING, "{0}: {1}", name, text(e));
      }
      for (Parcel p : left) {
        j.outcome = Outcome.plus(j.outcome, bury(p, reason, Drops.RETRIES_EXHAUSTED, j.attempts));
      }
    }
    finish(j);
  }

  /** A job is dealt with. */
  private void finish(Job j) {
    shelf.done(j.entry);
    lock.lock();
    try {
      j.state = Job.State.GONE;
      j.thread = null;
      inFlight--;
      parcels--;
      items -= j.entry.items;
      jobs.done(j);
      if (blocked > 0) {
        room.signalAll();
      }
      settled.signalAll();
      pump();
    } finally {
      lock.unlock();
    }
    j.receipt.settle(j.outcome);
  }

  @Override
  public OutboxStatus status() {
    Complaints.Error last = complaints.last();
    long deadLetters = letters == null ? 0 : letters.count();
    long evicted = letters == null ? 0 : letters.evicted();
    long damaged = log == null ? 0 : log.damagedBytes();
    lock.lock();
    try {
      Shelf.Entry oldest = jobs.oldest();
      if (oldest == null) {
        oldest = shelf.peek();
      }
      return new OutboxStatus(
          parcels,
          items,
          shelf.bytes(),
          options.capacity(),
          oldest == null ? 0 : Math.max(0, clock.millis() - oldest.millis),
          inFlight,
          permitted(),
          breaker.pauseNanos(clock.nanos()) / 1_000_000,
          breaker.isProbing(),
          retries,
          deadLetters,
          evicted,
          damaged,
          last.reason(),
          last.millis());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<DeadLetter> deadLetters(int most) throws IOException {
    return letters == null ? List.of() : letters.list(most);
  }

  @Override
  public Optional<Parcel> deadLetter(String id) throws IOException {
    return letters == null ? Optional.empty() : letters.read(id);
  }

  @Override
  public boolean replay(String id) throws IOException {
    Optional<Parcel> found = deadLetter(id);
    if (found.isEmpty() || letters == null) {
      return false;
    }
    Parcel p = found.get();
    account.revive(p.items());
    Outcome refusal = admit(p, false);
    if (refusal == null) {
      refusal = store(p, Receipt.NONE);
    }
    if (refusal != null) {
      throw new IOException(
          switch (refusal) {
            case Outcome.Unavailable u -> u.reason();
            case Outcome.Rejected r -> r.reason();
            case Outcome.Accepted a -> "the queue did not take it";
          });
    }
    letters.remove(id);
    return true;
  }

  @Override
  public void close(Duration drain) {
    Clockwork.Timer end = null;
    sender.hurry();
    lock.lock();
    try {
      if (phase != Phase.OPEN) {
        return;
      }
      phase = Phase.DRAINING;
      room.signalAll();
      if (drain.isPositive()) {
        end = clock.schedule(drain, this::timeIsUp);
        // What is safe on disk need not wait for a destination that is down.
        while (parcels > 0 && !timeUp && !(log != null && breaker.isProbing())) {
          settled.awaitUninterruptibly();
        }
      }
      phase = Phase.CLOSED;
    } finally {
      lock.unlock();
      if (end != null) {
        end.cancel();
      }
    }
    cutOff();
    leave();
    sender.close();
  }

  private void timeIsUp() {
    lock.lock();
    try {
      timeUp = true;
      settled.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Interrupts what is being sent, and waits a little for it. */
  private void cutOff() {
    lock.lock();
    try {
      for (Job j : jobs.all()) {
        Thread t = j.thread;
        if (t != null) {
          t.interrupt();
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
      while (stores > 0
          || jobs.isAny(Job.State.HEARD)
          || jobs.isAny(Job.State.FLYING) && left > 0) {
        try {
          left = settled.awaitNanos(Math.max(left, 1_000_000));
        } catch (InterruptedException e) {
          interrupted = true;
          left = 0;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is left stays on disk, or is returned. */
  private void leave() {
    List<Receipt> told = new ArrayList<>();
    long left = 0;
    lock.lock();
    try {
      for (Job j : jobs.all()) {
        if (j.timer != null) {
          j.timer.cancel();
        }
        j.state = Job.State.GONE;
        told.add(j.receipt);
        left += j.itemsLeft;
        items -= j.entry.items;
        parcels--;
      }
      told.addAll(jobs.clear());
      left += items;
      parcels = 0;
      items = 0;
    } finally {
      lock.unlock();
    }
    if (log != null) {
      account.keep(left);
    } else {
      account.giveBack(left);
    }
    Outcome stopping = new Outcome.Unavailable(name + " has stopped", Duration.ZERO);
    told.forEach(r -> r.settle(stopping));
    try {
      shelf.close();
      if (letters != null) {
        letters.close();
      }
      folderLock.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0}: {1}", name, e.toString());
    }
  }
}
