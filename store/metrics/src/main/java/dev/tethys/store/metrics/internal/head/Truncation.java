package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.metrics.internal.block.SourceSelection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Removal of samples and series from memory: ranges that are due, data that a block contains, and
 * slots that may be reused.
 */
public final class Truncation {
  private final Head head;
  private final Set<HeadAppender> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong epoch = new AtomicLong();

  /** Number of times that series may have left; written under both locks, afterwards. */
  private volatile long departures;

  Truncation(Head head) {
    this.head = head;
  }

  /** The epoch of an appender that starts now: its slots are not reused until it {@link #ended}. */
  long epoch() {
    return epoch.get();
  }

  /** Number that changes when series leave; none leaves under the commit lock. */
  long departures() {
    return departures;
  }

  /** Appenders that are neither committed nor closed. */
  public int appenders() {
    return open.size();
  }

  void began(HeadAppender a) {
    open.add(a);
  }

  void ended(HeadAppender a) {
    open.remove(a);
  }

  /**
   * A piece of time that becomes one block.
   *
   * @param start first millisecond
   * @param end end, exclusive
   * @param inOrder whether in-order samples are among those in memory; late ones only, else
   */
  public record Span(long start, long end, boolean inOrder) {}

  /** Returns the end of the ranges due to be in blocks: full ranges that are half a range old. */
  public long due() {
    long newest = head.maxTime;
    return newest == Long.MIN_VALUE
        ? Long.MIN_VALUE
        : Math.floorDiv(newest - head.range / 2, head.range) * head.range;
  }

  /** Whether in-order samples exist before a time; called each second. */
  public boolean hasBefore(long time) {
    if (head.maxTime == Long.MIN_VALUE || head.minTime >= time) {
      return false;
    }
    head.view.readLock().lock();
    try {
      for (Stripe s : head.stripes) {
        if (s == null) {
          continue;
        }
        for (int i = 0; i < s.pageCount(); i++) {
          if (rowsFrom(s.page(i)) < time) {
            return true;
          }
        }
        for (int k = 0; s.hasExtras() && k < 64; k++) {
          SeriesExtras e = s.extras(k);
          HistogramLog h = e == null ? null : e.histograms;
          if (h != null && !h.isEmpty() && h.oldest() < time) {
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
   * Returns the oldest time of a page that is in no block; {@link Long#MAX_VALUE} when all of it
   * is.
   */
  private long rowsFrom(Page p) {
    return p.maxTime() < head.flushedTo ? Long.MAX_VALUE : Math.max(p.minTime(), head.flushedTo);
  }

  /**
   * The pieces of time before an end that hold samples, cut at block ranges, ascending. A caller
   * that is going to {@link #truncate} them closed or cut at that end before, so that no more
   * in-order samples arrive between them.
   */
  public List<Span> spans(long until) {
    Set<Long> starts = new TreeSet<>();
    head.view.readLock().lock();
    try {
      for (Stripe s : head.stripes) {
        if (s == null) {
          continue;
        }
        for (int i = 0; i < s.pageCount(); i++) {
          addStart(rowsFrom(s.page(i)), until, starts);
        }
        for (int k = 0; s.hasExtras() && k < 64; k++) {
          SeriesExtras e = s.extras(k);
          if (e != null) {
            extraStarts(e, until, starts);
          }
        }
      }
    } finally {
      head.view.readLock().unlock();
    }
    List<Span> out = new ArrayList<>();
    long flushed = head.flushedTo;
    for (long start : starts) {
      long end = Math.min(until, Math.floorDiv(start, head.range) * head.range + head.range);
      out.add(new Span(start, start < flushed ? Math.min(end, flushed) : end, start >= flushed));
    }
    return out;
  }

  private void extraStarts(SeriesExtras e, long until, Set<Long> out) {
    if (e.late != null) {
      SampleBuffer b = e.late.view(Long.MIN_VALUE, Long.MAX_VALUE);
      for (int i = 0; b != null && i < b.size; i++) {
        addStart(b.timestamps[i], until, out);
      }
    }
    if (e.histograms != null) {
      SampleBuffer b = new SampleBuffer();
      e.histograms.view().times(head.range, b);
      for (int i = 0; i < b.size; i++) {
        addStart(b.timestamps[i], until, out);
      }
    }
  }

  private void addStart(long time, long until, Set<Long> out) {
    if (time < until) {
      long start = Math.floorDiv(time, head.range) * head.range;
      out.add(start < head.flushedTo && time >= head.flushedTo ? head.flushedTo : start);
    }
  }

  /**
   * Time when memory may be cut before a range is full: older samples rarely still arrive. {@link
   * Long#MIN_VALUE} when the last cut is too recent for another to be worth a block.
   */
  public long earlyCut() {
    long newest = head.maxTime;
    long oldest = Math.max(head.minTime, head.flushedTo);
    if (newest == Long.MIN_VALUE || oldest > newest) {
      return Long.MIN_VALUE;
    }
    long cut = newest - head.range / 16;
    return cut - oldest < head.range / 16 ? Long.MIN_VALUE : cut;
  }

  /**
   * Returns the number of series without a sample from a given time on, which are removed if memory
   * is cut there.
   */
  public int quietSince(long time) {
    head.view.readLock().lock();
    try {
      int n = 0;
      for (int i = 0; i < head.stripes.length; i++) {
        Stripe s = head.stripes[i];
        for (int k = 0; s != null && k < 64; k++) {
          if (s.newest.get(k) < time && head.table.isLive(i << 6 | k)) {
            n++;
          }
        }
      }
      return n;
    } finally {
      head.view.readLock().unlock();
    }
  }

  /** Treats samples before a time as late from now on: they are about to become a block. */
  public void close(long before) {
    head.still(
        () -> {
          head.minValidTime = Math.max(head.minValidTime, before);
          head.acceptFrom = Math.max(head.acceptFrom, before);
        });
  }

  /**
   * Closes where the ranges in memory start; {@link Long#MAX_VALUE}, and nothing is closed, if
   * there are none. No in-order sample in memory is older: a restart skips those that are older
   * than the end of a block.
   */
  public long closeBeforeAll() {
    long[] floor = {Long.MAX_VALUE};
    head.still(
        () -> {
          if (head.minTime != Long.MAX_VALUE) {
            long range = Math.floorDiv(head.minTime, head.range) * head.range;
            floor[0] = Math.max(range, head.flushedTo);
            close(floor[0]);
          }
        });
    return floor[0];
  }

  /**
   * State before a range was closed.
   *
   * @param minValidTime time from which samples were in order
   * @param acceptFrom time from which they were accepted independently of the window
   * @param late number of out-of-order samples so far
   */
  public record Open(long minValidTime, long acceptFrom, long late) {}

  /** Closes unless samples stand before the time that are unknown to be late: then null. */
  public @Nullable Open closeIfNoneBefore(long time) {
    @Nullable Open[] before = new Open[1];
    head.still(
        () -> {
          if (time <= head.minValidTime || head.minTime >= time) {
            before[0] = new Open(head.minValidTime, head.acceptFrom, head.counters.late.sum());
            if (time > head.minValidTime) {
              close(time);
            }
          }
        });
    return before[0];
  }

  /**
   * Undoes a closing whose block was not completed, so that samples are not rejected because of it.
   * Has no effect if a late sample arrived since: the head would not detect a duplicate of it.
   */
  public void reopen(Open before) {
    head.still(
        () -> {
          if (head.counters.late.sum() == before.late) {
            head.minValidTime = before.minValidTime;
            head.acceptFrom = before.acceptFrom;
          }
        });
  }

  /** The same before a range is full: what would have been taken without it still is. */
  public void cut(long before) {
    head.still(
        () -> {
          head.minValidTime = Math.max(head.minValidTime, before);
        });
  }

  /**
   * Removes data that became a block, one of the {@link #spans}: all in-order samples before the
   * end of its range, and the late samples of the selection. Series without samples leave memory.
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
              SeriesExtras e = slot == 0 ? null : head.stripe(slot).extras(slot & 63);
              if (e != null && e.late != null && late != null) {
                e.late.removeAll(late);
              }
            }
            if (inOrder) {
              head.minValidTime = Math.max(head.minValidTime, end);
              head.flushedTo = Math.max(head.flushedTo, end);
            }
            drop(inOrder ? end : Long.MIN_VALUE);
          } finally {
            head.view.writeLock().unlock();
          }
        });
  }

  /**
   * Releases the memory of labels used only by series that have left. The new index is built next
   * to the old one; writers wait only while it is exchanged. Not together with {@link #truncate}.
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
    long before = departures;
    try {
      dropFromStripes(end, epoch.getAndIncrement());
    } finally {
      departures = before + 1; // series removed by then must not be considered present
    }
  }

  private void dropFromStripes(long end, long e) {
    long oldest = Long.MAX_VALUE;
    for (int i = 0; i < head.stripes.length; i++) {
      Stripe s = head.stripes[i];
      if (s == null) {
        continue;
      }
      s.truncate(end);
      long first = s.minTime() == Long.MAX_VALUE ? s.minTime() : Math.max(s.minTime(), end);
      for (int k = 0; k < 64; k++) {
        SeriesExtras x = s.extras(k);
        if (x != null) {
          if (x.starts != null) {
            x.starts.truncate(end);
          }
          if (x.histograms != null) {
            head.placement.truncate(x.histograms, Math.max(end, head.flushedTo));
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
        if (head.table.isLive(slot) && s.newest.get(k) < end && s.extras(k) == null) {
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
   * name them. Must be called once a snapshot taken at that moment has replaced the log before it:
   * within one log a slot then has one definition, so that damage to a definition can never give
   * samples to a series that had the slot earlier.
   *
   * @param moment value of {@link #moment} when the snapshot was taken
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
                  s.newest.set(slot & 63, NewestTimes.NEVER);
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
