package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Restores the content of the log, before anything else uses the head. */
final class LogReplay implements BatchRecord.Replay {
  private final Head head;
  private final SampleInserter placement;

  /** Slots of the log whose labels have another slot here. */
  private final Map<Integer, Integer> moved = new HashMap<>();

  private final AppendBatch.Columns scratch = new AppendBatch.Columns();
  private final SampleBuffer buffer = new SampleBuffer();

  /** Maximum number of missing definitions: a slot further beyond the others is rejected. */
  private long maxGap = 1 << 10;

  LogReplay(Head head, SampleInserter placement) {
    this.head = head;
    this.placement = placement;
  }

  /** Sets the most definitions that the damaged parts may have had. */
  void expect(long definitions) {
    maxGap = definitions;
  }

  /** Replays a record; returns the number of its samples without a series. */
  void replay(ByteSource payload) {
    head.view.writeLock().lock();
    try {
      BatchRecord.read(payload, scratch, this);
    } finally {
      head.view.writeLock().unlock();
    }
  }

  @Override
  public void series(int slot, int generation, byte[] canonical) {
    if (slot > head.table.slots() + maxGap) {
      throw new CorruptionException("slot " + slot + " is far beyond all others");
    }
    CanonicalLabels.check(canonical);
    SeriesTable t = head.table;
    moved.remove(slot);
    if (t.isLive(slot)) {
      if (t.index.hasText(t.list(slot), canonical)) {
        return;
      }
      t.evict(slot);
    }
    int other = t.find(canonical);
    if (other != 0) {
      moved.put(slot, other);
      return;
    }
    t.install(slot, generation & ~1, canonical);
    Stripe s = head.stripeFor(slot);
    s.newest.set(slot & 63, NewestTimes.NEVER);
    s.lastBits[slot & 63] = 0;
  }

  private int resolve(int slot) {
    if (!moved.isEmpty()) {
      Integer m = moved.get(slot);
      if (m != null) {
        return m;
      }
    }
    return head.table.isLive(slot) ? slot : 0;
  }

  @Override
  public void floats(boolean late, AppendBatch.Columns c) {
    boolean clean = !late && moved.isEmpty();
    long floor = head.flushedTo;
    for (int i = 0; clean && i < c.count; i++) {
      int slot = c.slots[i];
      clean =
          c.times[i] >= floor
              && head.table.isLive(slot)
              && c.times[i] > head.stripe(slot).newest.get(slot & 63);
    }
    if (clean) {
      placement.floats(c);
      return;
    }
    AppendBatch.Columns one = new AppendBatch.Columns();
    for (int i = 0; i < c.count; i++) {
      int slot = resolve(c.slots[i]);
      if (slot == 0) {
        head.counters.orphans.increment();
        continue;
      }
      long start = c.starts == null ? 0 : c.starts[i];
      if (late) {
        placement.lateSample(slot, c.times[i], start, c.bits[i], null);
      } else if (c.times[i] >= floor) {
        if (c.times[i] > head.stripe(slot).newest.get(slot & 63)) {
          one.clear();
          one.add(slot, c.times[i], c.bits[i], start);
          placement.floats(one);
        } else if (!head.stripe(slot).find(slot & 63, c.times[i], buffer)) {
          placement.lateSample(slot, c.times[i], start, c.bits[i], null);
        }
      }
    }
  }

  @Override
  public void histogram(boolean late, int from, long time, long start, Histogram h) {
    int slot = resolve(from);
    if (slot == 0) {
      head.counters.orphans.increment();
    } else if (late) {
      placement.lateSample(slot, time, start, 0, h);
    } else if (time >= head.flushedTo) {
      if (time > head.stripe(slot).newest.get(slot & 63)) {
        placement.histogram(slot, time, start, h);
      } else {
        placement.lateSample(slot, time, start, 0, h);
      }
    }
  }

  @Override
  public void exemplar(int from, Exemplar e) {
    int slot = resolve(from);
    if (slot != 0) {
      head.exemplars.add(head.table.labels(slot), e);
    }
  }

  @Override
  public void metadata(String name, MetricMetadata m) {
    head.metadata.put(name, m);
  }

  @Override
  public void delete(long minTime, long maxTime, int[] slots) {
    Set<Labels> gone = new HashSet<>();
    for (int from : slots) {
      int slot = resolve(from);
      if (slot != 0) {
        placement.remove(slot, minTime, maxTime);
        gone.add(head.table.labels(slot));
      }
    }
    head.exemplars.remove(gone, minTime, maxTime);
  }
}
