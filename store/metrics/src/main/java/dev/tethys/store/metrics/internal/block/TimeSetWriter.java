package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes sets of timestamps, each once: chunks of series that were scraped together share them.
 * What is held to find equal ones is bounded; an evicted one is written again.
 */
final class TimeSetWriter {
  /** Distinct timestamps held to find series that share them: 32 MiB. */
  static final int MAX_HELD_TIMES = 1 << 22;

  private record Held(int set, long[] times, long hash) {
    boolean is(long[] t, int from, int to) {
      return Arrays.equals(times, 0, times.length, t, from, to);
    }
  }

  private static final class TimeSet {
    int group;
    final int offset;
    final int count;
    final long first;
    final long last;

    TimeSet(int offset, int count, long first, long last) {
      this.offset = offset;
      this.count = count;
      this.first = first;
      this.last = last;
    }
  }

  private final GroupStream stream;
  private final BlockSizeBreakdown account = new BlockSizeBreakdown();
  private final ByteSink group = new ByteSink(BlockLayout.GROUP_BYTES);
  private final IntColumn ints = new IntColumn();
  private final Map<Long, List<Held>> held = new HashMap<>();
  private final ArrayDeque<Held> heldOrder = new ArrayDeque<>();
  private long heldTimes;

  /** Set of the last request: neighbouring series have mostly been scraped together. */
  private @Nullable Held newest;

  private final List<TimeSet> open = new ArrayList<>(); // in the group that is not yet written
  private final List<TimeSet> all = new ArrayList<>();

  TimeSetWriter(GroupStream stream) {
    this.stream = stream;
  }

  /** The number of the set of timestamps t[from..to), made when it is new. */
  int set(long[] t, int from, int to) throws IOException {
    Held before = newest;
    if (before != null && before.is(t, from, to)) {
      return before.set;
    }
    long h = hash(t, from, to);
    List<Held> same = held.get(h);
    if (same != null) {
      for (Held x : same) {
        if (x.is(t, from, to)) {
          newest = x;
          return x.set;
        }
      }
    }
    if (group.size >= BlockLayout.GROUP_BYTES) {
      flush();
    }
    int number = all.size();
    TimeSet s = new TimeSet(group.size, to - from, t[from], t[to - 1]);
    long[] copy = Arrays.copyOfRange(t, from, to);
    ints.encode(copy, copy.length, group);
    open.add(s);
    all.add(s);
    account.raw(SizeShare.TIMESTAMPS, group.size - s.offset);
    hold(new Held(number, copy, h));
    return number;
  }

  private static long hash(long[] t, int from, int to) {
    long h = to - from;
    for (int i = from; i < to; i++) {
      h = (h ^ t[i]) * 0x9E3779B97F4A7C15L;
      h ^= h >>> 32;
    }
    return h;
  }

  private void hold(Held x) {
    newest = x;
    held.computeIfAbsent(x.hash, k -> new ArrayList<>(1)).add(x);
    heldOrder.addLast(x);
    heldTimes += x.times.length;
    while (heldTimes > MAX_HELD_TIMES && heldOrder.size() > 1) {
      Held old = heldOrder.removeFirst();
      heldTimes -= old.times.length;
      List<Held> list = held.get(old.hash);
      if (list != null) {
        list.remove(old);
        if (list.isEmpty()) {
          held.remove(old.hash);
        }
      }
    }
  }

  /** Writes pending data. */
  void flush() throws IOException {
    if (group.size > 0) {
      int number = stream.write(group, true, account);
      open.forEach(t -> t.group = number);
      open.clear();
    }
  }

  /** Returns the size breakdown of the sets. */
  BlockSizeBreakdown account() {
    return account;
  }

  /** Positions of the sets, for the index. */
  ByteSink directory() {
    ByteSink out = new ByteSink();
    out.uvarint(all.size());
    int before = 0;
    long first = 0;
    for (TimeSet t : all) {
      out.uvarint(t.group - before);
      out.uvarint(t.offset);
      out.uvarint(t.count);
      out.svarint(t.first - first);
      out.uvarint(t.last - t.first);
      before = t.group;
      first = t.first;
    }
    return out;
  }
}
