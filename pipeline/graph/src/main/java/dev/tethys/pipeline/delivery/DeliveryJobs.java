package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.AckCallback;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Jobs of an outbox in their order, and callbacks of entries without a job.
 *
 * <p>Invariants: every entry taken from the storage and not done is here, in exactly one of the
 * states of {@link Job.State}; at most one job of a lane is READY, DELAYED, FLYING or HEARD, and
 * all others are PARKED after it in order. Guarded by the engine's lock.
 */
final class DeliveryJobs {
  private final ArrayDeque<Job> ready = new ArrayDeque<>();
  private final Map<Long, ArrayDeque<Job>> lanes = new HashMap<>();
  private final TreeMap<Long, Job> issued = new TreeMap<>();
  private final Map<QueueStorage.Entry, AckCallback> acks = new IdentityHashMap<>();
  private long sequence;

  /** Keeps the callback of an entry not yet taken from the storage. */
  void remember(QueueStorage.Entry e, AckCallback ack) {
    acks.put(e, ack);
  }

  /** Removes the callback of an entry that will never be taken; returns null if none. */
  @Nullable AckCallback forget(QueueStorage.Entry e) {
    return acks.remove(e);
  }

  /**
   * Removes the callback of an entry whose request is stored elsewhere; returns null if there is
   * none, or it is settled with the job.
   */
  @Nullable AckCallback takeAck(QueueStorage.Entry e) {
    AckCallback waiting = acks.remove(e);
    if (waiting != null) {
      return waiting;
    }
    Job j = issued.get(e.sequence);
    if (j == null || j.entry != e || j.ack == AckCallback.NONE) {
      return null;
    }
    AckCallback ack = j.ack;
    j.ack = AckCallback.NONE;
    return ack;
  }

  /** Returns the next ready job, or null if none. */
  @Nullable Job next(QueueStorage storage) {
    Job j = ready.poll();
    return j == null ? take(storage) : j;
  }

  /** Returns the next entry whose lane is free; those of busy lanes are parked. */
  private @Nullable Job take(QueueStorage storage) {
    while (issued.size() < storage.window()) {
      QueueStorage.Entry e = storage.next();
      if (e == null) {
        return null;
      }
      e.sequence = sequence++;
      AckCallback r = acks.remove(e);
      Job j = new Job(e, r == null ? AckCallback.NONE : r);
      issued.put(e.sequence, j);
      if (e.lane == 0) {
        return j;
      }
      ArrayDeque<Job> lane = lanes.get(e.lane);
      if (lane == null) {
        lanes.put(e.lane, new ArrayDeque<>(0));
        return j;
      }
      j.state = Job.State.PARKED;
      lane.add(j);
    }
    return null;
  }

  /** Marks a delayed job as ready. */
  void requeue(Job j) {
    j.state = Job.State.READY;
    ready.addFirst(j);
  }

  /** Completes a job, so that the next of its lane becomes ready. */
  void done(Job j) {
    issued.remove(j.entry.sequence);
    freeLane(j);
  }

  /** Returns the oldest entry taken but not done, or null if there is none. */
  QueueStorage.@Nullable Entry oldest() {
    return issued.isEmpty() ? null : issued.firstEntry().getValue().entry;
  }

  /** Entries that were taken and are not done, oldest first. */
  List<QueueStorage.Entry> entries() {
    List<QueueStorage.Entry> out = new ArrayList<>(issued.size());
    issued.values().forEach(j -> out.add(j.entry));
    return out;
  }

  /** Whether the oldest job was sent in vain. */
  boolean hasFailedOldest() {
    return !issued.isEmpty() && issued.firstEntry().getValue().attempts > 0;
  }

  /** Returns all jobs in the order of their entries. */
  Collection<Job> all() {
    return issued.values();
  }

  boolean isAny(Job.State state) {
    return issued.values().stream().anyMatch(j -> j.state == state);
  }

  /** Clears everything and returns the callbacks of entries that were never taken. */
  List<AckCallback> clear() {
    List<AckCallback> left = new ArrayList<>(acks.values());
    issued.clear();
    ready.clear();
    lanes.clear();
    acks.clear();
    return left;
  }

  /**
   * Returns a view of issued entries for a storage that must drop something.
   *
   * @param acks receives the callbacks of dropped entries
   */
  QueueStorage.IssuedEntry issuedEntry(List<AckCallback> acks) {
    return new IssuedEntry(acks);
  }

  private final class IssuedEntry implements QueueStorage.IssuedEntry {
    private final List<AckCallback> acks;

    IssuedEntry(List<AckCallback> acks) {
      this.acks = acks;
    }

    @Override
    public QueueStorage.@Nullable Entry takeBack(@Nullable Segment in) {
      for (Job j : issued.values()) {
        SegmentedLog.LogPosition p = j.entry.place;
        if (!j.isStarted() && (in == null || p != null && p.segment() == in)) {
          remove(j);
          acks.add(j.ack);
          return j.entry;
        }
      }
      return null;
    }

    @Override
    public boolean isSending(Segment in) {
      for (Job j : issued.values()) {
        SegmentedLog.LogPosition p = j.entry.place;
        if (p != null && p.segment() == in && j.isStarted()) {
          return true;
        }
      }
      return false;
    }
  }

  /** Removes a job that is not in flight. */
  private void remove(Job j) {
    Job.State was = j.state;
    j.state = Job.State.GONE;
    issued.remove(j.entry.sequence);
    switch (was) {
      case READY -> {
        ready.remove(j);
        freeLane(j);
      }
      case DELAYED -> {
        if (j.timer != null) {
          j.timer.cancel();
        }
        freeLane(j);
      }
      case PARKED -> {
        ArrayDeque<Job> lane = lanes.get(j.entry.lane);
        if (lane != null) {
          lane.remove(j);
        }
      }
      case IN_FLIGHT, ANSWERED, GONE ->
          throw new IllegalStateException("a job in flight cannot be removed");
    }
  }

  /** Frees a lane for its next job. */
  private void freeLane(Job j) {
    long lane = j.entry.lane;
    if (lane == 0) {
      return;
    }
    ArrayDeque<Job> waiting = lanes.get(lane);
    Job next = waiting == null ? null : waiting.poll();
    if (next == null) {
      lanes.remove(lane);
    } else {
      next.state = Job.State.READY;
      ready.addFirst(next);
    }
  }
}
