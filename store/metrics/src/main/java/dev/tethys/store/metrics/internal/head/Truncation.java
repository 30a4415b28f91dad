package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How samples and series leave memory: which ranges are due, what is forgotten once a block has
 * them, and when a slot may be used again.
 */
public final class Truncation {
  private final Head head;
  private final Set<HeadAppender> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong epoch = new AtomicLong();

  Truncation(Head head) {
    this.head = head;
  }

  /** What an appender made now has to be told: its slots stay its own until it {@link #ended}. */
  long epoch() {
    return epoch.get();
  }

  void began(HeadAppender a) {
    open.add(a);
  }

  void ended(HeadAppender a) {
    open.remove(a);
  }

  /** Whether in-order samples fill a range that should become a block now: asked each second. */
  public boolean isDue() {
    head.view.readLock().lock();
    try {
      long limit = head.maxTime - head.range - head.range / 2;
      if (head.maxTime == Long.MIN_VALUE || head.minTime > limit + head.range) {
        return false;
      }
      for (Stripe s : head.stripes) {
        if (s == null) {
          continue;
        }
        for (int i = 0; i < s.pageCount(); i++) {
          if (s.page(i).rangeStart <= limit) {
            return true;
          }
        }
        for (int k = 0; s.hasExtras() && k < 64; k++) {
          Extras e = s.extras(k);
          HistogramLog h = e == null ? null : e.histograms;
          if (h != null
              && !h.isEmpty()
              && Math.floorDiv(h.oldest(), head.range) * head.range <= limit) {
            return true;
          }
        }
      }
      return false;
    } finally {
      head.view.readLock().unlock();
    }
  }

  /**
   * Starts of the block ranges that should become blocks now, ascending: those that in-order
   * samples have passed by half a range, and those before that hold late samples only.
   *
   * @param all every range that holds samples
   */
  public List<Long> ranges(boolean all) {
    TreeSet<Long> out = new TreeSet<>();
    head.view.readLock().lock();
    try {
      long newest = head.maxTime;
      if (newest == Long.MIN_VALUE) {
        return List.of();
      }
      long limit = all ? Long.MAX_VALUE : newest - head.range - head.range / 2;
      for (Stripe s : head.stripes) {
        if (s == null) {
          continue;
        }
        for (int i = 0; i < s.pageCount(); i++) {
          if (s.page(i).rangeStart <= limit) {
            out.add(s.page(i).rangeStart);
          }
        }
        if (s.hasExtras()) {
          for (int k = 0; k < 64; k++) {
            Extras e = s.extras(k);
            if (e != null) {
              extraRanges(e, limit, out);
            }
          }
        }
      }
    } finally {
      head.view.readLock().unlock();
    }
    return new ArrayList<>(out);
  }

  private void extraRanges(Extras e, long limit, TreeSet<Long> out) {
    if (e.late != null) {
      SampleBuffer b = e.late.view(Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; b != null && i < b.size; i++) {
        addRange(b.timestamps[i], limit, out);
      }
    }
    if (e.histograms != null) {
      SampleBuffer b = new SampleBuffer();
      e.histograms.view().times(b);
      for (int i = 0; i < b.size; i++) {
        addRange(b.timestamps[i], limit, out);
      }
    }
  }

  private void addRange(long time, long limit, TreeSet<Long> out) {
    long start = Math.floorDiv(time, head.range) * head.range;
    if (start <= limit) {
      out.add(start);
    }
  }

  /** From now on samples before this time are late: their range is about to become a block. */
  public void close(long before) {
    head.still(
        () -> {
          head.minValidTime = Math.max(head.minValidTime, before);
        });
  }

  /**
   * Forgets what became a block: all in-order samples before the end of its range, and the late
   * samples that the selection holds. Series without samples leave memory.
   */
  public void truncate(SourceSelection flushed, long end, boolean inOrder) {
    head.still(
        () -> {
          head.view.writeLock().lock();
          try {
            HeadSelection s = (HeadSelection) flushed;
            for (int i = 0; i < s.size(); i++) {
              SampleBuffer late = s.late(i);
              int slot = late == null ? 0 : head.table.find(s.labels(i).canonicalBytes());
              Extras e = slot == 0 ? null : head.stripe(slot).extras(slot & 63);
              if (e != null && e.late != null && late != null) {
                e.late.removeAll(late);
              }
            }
            if (inOrder) {
              head.minValidTime = Math.max(head.minValidTime, end);
            }
            drop(inOrder ? end : Long.MIN_VALUE);
          } finally {
            head.view.writeLock().unlock();
          }
        });
  }

  /**
   * Gives back the memory of labels that only series had which left. The new index is built beside
   * the old one; writers wait only while it is put in place. Not together with {@link #truncate}.
   */
  public void compactIndex() {
    LabelIndex old;
    int[] lists;
    head.view.readLock().lock();
    try {
      if (!head.table.worthRebuilding()) {
        return;
      }
      old = head.table.index;
      lists = head.table.lists();
    } finally {
      head.view.readLock().unlock();
    }
    LabelIndex made = head.table.rebuild(old, lists);
    head.still(
        () -> {
          head.view.writeLock().lock();
          try {
            head.table.replace(made, lists);
          } finally {
            head.view.writeLock().unlock();
          }
        });
  }

  /** Under both locks. */
  private void drop(long end) {
    long e = epoch.getAndIncrement();
    long oldest = Long.MAX_VALUE;
    for (int i = 0; i < head.stripes.length; i++) {
      Stripe s = head.stripes[i];
      if (s == null) {
        continue;
      }
      s.truncate(end);
      long first = s.minTime();
      for (int k = 0; k < 64; k++) {
        Extras x = s.extras(k);
        if (x != null) {
          if (x.starts != null) {
            x.starts.truncate(Math.max(end, Long.MIN_VALUE));
          }
          if (x.histograms != null) {
            x.histograms.truncate(end);
            first = Math.min(first, x.histograms.isEmpty() ? first : x.histograms.oldest());
          }
          if (x.late != null) {
            first = Math.min(first, x.late.minTime());
            if (x.late.size() == 0) {
              x.late = null;
            }
          }
          if (x.isEmpty()) {
            s.dropExtras(k);
          }
        }
        int slot = i << 6 | k;
        if (head.table.isLive(slot) && s.lastTime[k] < end && s.extras(k) == null) {
          head.table.retire(slot, e);
          head.counters.removed.increment();
        }
      }
      oldest = Math.min(oldest, first);
    }
    head.minTime = oldest;
  }

  /**
   * Makes the slots of series that left before a moment usable again, unless an appender may still
   * name them. To be called once a snapshot taken at that moment has replaced the log before it:
   * within one log a slot then has one definition, so that damage to a definition can never give
   * samples to a series that had the slot earlier.
   *
   * @param moment what {@link #moment} was when the snapshot was taken
   */
  public void reclaim(long moment) {
    head.still(
        () -> {
          head.view.writeLock().lock();
          try {
            long oldest = moment;
            for (HeadAppender a : open) {
              oldest = Math.min(oldest, a.epoch());
            }
            head.table.free(
                oldest,
                slot -> {
                  Stripe s = head.stripe(slot);
                  s.lastTime[slot & 63] = Stripe.NEVER;
                  s.lastBits[slot & 63] = 0;
                });
          } finally {
            head.view.writeLock().unlock();
          }
        });
  }

  /** For {@link #reclaim}: series that left so far left before it. */
  public long moment() {
    return epoch.get();
  }
}
