package dev.tethys.store.metrics.internal.block;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.metrics.internal.encoding.IntColumn;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The timestamps of a block's chunks: bounds always in memory, the rest while there is space. */
final class TimeSets {
  private final ChunkGroups groups;
  private final int[] group;
  private final int[] offset;
  private final int[] count;
  private final long[] first;
  private final long[] last;
  private final Map<Integer, SoftReference<long[]>> decoded = new ConcurrentHashMap<>();

  TimeSets(ChunkGroups groups, ByteSource in) {
    this.groups = groups;
    int n = in.count();
    group = new int[n];
    offset = new int[n];
    count = new int[n];
    first = new long[n];
    last = new long[n];
    int g = 0;
    long f = 0;
    for (int i = 0; i < n; i++) {
      g += in.count(groups.size());
      group[i] = g;
      offset[i] = in.count(BlockLayout.MAX_GROUP_BYTES);
      count[i] = in.count(BlockLayout.CHUNK_SAMPLES);
      f += in.svarint();
      first[i] = f;
      last[i] = f + in.uvarint();
    }
  }

  int size() {
    return group.length;
  }

  /** Whether a set may have a timestamp in a closed range. */
  boolean overlaps(int set, long min, long max) {
    return first[set] <= max && last[set] >= min;
  }

  /** Returns the timestamps of a set, ascending; not to be changed. */
  long[] get(int set) {
    SoftReference<long[]> ref = decoded.get(set);
    long[] t = ref == null ? null : ref.get();
    if (t == null) {
      t = read(set);
      decoded.put(set, new SoftReference<>(t));
    }
    return t;
  }

  private long[] read(int set) {
    byte[] b = groups.content(group[set]);
    ByteSource in = new ByteSource(b, offset[set], b.length - ByteSink.SLACK - offset[set]);
    long[] t = new long[count[set]];
    IntColumn.decode(in, t, t.length);
    for (int i = 0; i < t.length; i++) {
      if (i > 0 && t[i] <= t[i - 1] || t[i] < first[set] || t[i] > last[set]) {
        throw new CorruptionException("timestamps do not ascend");
      }
    }
    return t;
  }

  /** Returns the index of the first timestamp that is not before a time. */
  static int lower(long[] t, long time) {
    return lower(t, 0, t.length, time);
  }

  /** Returns that index among the timestamps {@code [from, to)}. */
  static int lower(long[] t, int from, int to, long time) {
    int i = Arrays.binarySearch(t, from, to, time);
    return i < 0 ? -i - 1 : i;
  }
}
