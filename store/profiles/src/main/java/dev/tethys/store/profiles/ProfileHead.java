package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.store.events.EventHead;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Profiles of a tenant in memory, in the order of their arrival, with their own symbols.
 *
 * <p>Invariant: rows and symbols are only added, so the arrays are unchanged up to the counts that
 * a snapshot has seen, in the arrays themselves or in copies of them.
 */
final class ProfileHead implements EventHead<ProfileHead.Snapshot> {
  private static final int CHUNK_ROWS = 1 << 12;
  private static final int CHUNK_BYTES = 4 << 20;

  final ProfileSymbolTable symbols = new ProfileSymbolTable();

  /** Nodes of the stacks of appended profiles. */
  final StackIndex stacks = new StackIndex();

  private final Map<Labels, Integer> seriesIndexes = new HashMap<>();
  private final List<Labels> series = new ArrayList<>();
  private final List<ProfileRows> chunks = new ArrayList<>();
  private long seriesBytes;
  private long rowBytes;
  private long rows;

  /** Index of a series, which is added if it is new. */
  int series(Labels labels) {
    Integer known = seriesIndexes.putIfAbsent(labels, series.size());
    if (known != null) {
      return known;
    }
    series.add(labels);
    seriesBytes += labels.canonicalBytes().length + 128L;
    return series.size() - 1;
  }

  /** Adds a profile whose samples refer to this head's symbols. */
  void add(int seriesIndex, long time, long duration, long period, int meta, Samples samples) {
    ProfileRows c = chunks.isEmpty() ? null : chunks.getLast();
    if (c == null || c.count >= CHUNK_ROWS || c.starts[c.count] > CHUNK_BYTES) {
      c = new ProfileRows();
      chunks.add(c);
    }
    long before = c.size();
    c.add(seriesIndex, time, duration, period, meta, samples);
    rowBytes += c.size() - before;
    rows++;
  }

  @Override
  public long bytes() {
    return rows == 0 ? 0 : rowBytes + seriesBytes + symbols.bytes() + stacks.bytes();
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public void truncate(long to) {
    while (rows > to) {
      ProfileRows last = chunks.getLast();
      int kept = (int) Math.max(0, to - (rows - last.count));
      ProfileRows copy = kept > 0 ? last.copy(kept) : null; // snapshots share the arrays
      chunks.removeLast();
      rowBytes -= last.size();
      rows -= last.count - kept;
      if (copy != null) {
        rowBytes += copy.size();
        chunks.add(copy);
      }
    }
  }

  @Override
  public Snapshot snapshot() {
    return new Snapshot(
        List.copyOf(series), symbols.view(), chunks.stream().map(ProfileRows::view).toList());
  }

  /** Profiles of a head at one moment. */
  record Snapshot(List<Labels> series, ProfileSymbols symbols, List<ProfileRows> chunks) {}
}
