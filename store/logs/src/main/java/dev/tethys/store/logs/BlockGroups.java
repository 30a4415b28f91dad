package dev.tethys.store.logs;

import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogCounts;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.store.logs.block.BlockCounts;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Groups of the {@link BlockCounts} of a block that are selected. */
final class BlockGroups implements LogRowBatch {
  private final BlockCounts counts;
  private final String[] names;
  private final int[] streams; // in the selection, of each group
  private final int[] groups; // in the counts, of each group

  private BlockGroups(BlockCounts counts, List<byte[]> header, int[] streams, int[] groups) {
    this.counts = counts;
    this.streams = streams;
    this.groups = groups;
    names = new String[counts.names().length];
    for (int i = 0; i < names.length; i++) {
      names[i] = new String(header.get(counts.names()[i]), StandardCharsets.UTF_8);
    }
  }

  /**
   * Counts of the selected streams of a block.
   *
   * @param header names of metadata of the block
   * @param selected index in the selection of each stream of the block, or -1
   * @param wanted names that tell groups apart
   * @return null if groups have several values of a name
   */
  static @Nullable LogCounts counts(
      BlockCounts c, List<byte[]> header, int[] selected, List<String> wanted) {
    int n = 0;
    int[] groups = new int[c.streams().length];
    for (int g = 0; g < groups.length; g++) {
      if (selected[c.streams()[g]] >= 0) {
        groups[n++] = g;
      }
    }
    int[] streams = new int[n];
    int[] starts = new int[n + 1];
    for (int i = 0; i < n; i++) {
      streams[i] = selected[c.streams()[groups[i]]];
      starts[i + 1] = starts[i] + c.starts()[groups[i] + 1] - c.starts()[groups[i]];
    }
    BlockGroups of = new BlockGroups(c, header, streams, Arrays.copyOf(groups, n));
    for (String w : wanted) {
      byte[] name = w.getBytes(StandardCharsets.UTF_8);
      if (of.place(w) < 0 && header.stream().anyMatch(h -> Arrays.equals(h, name))) {
        return null;
      }
    }
    int[] span = new int[starts[n]];
    int[] rows = new int[span.length];
    long[] bytes = new long[span.length];
    for (int i = 0; i < n; i++) {
      int from = c.starts()[groups[i]];
      int length = starts[i + 1] - starts[i];
      System.arraycopy(c.span(), from, span, starts[i], length);
      System.arraycopy(c.rows(), from, rows, starts[i], length);
      System.arraycopy(c.bytes(), from, bytes, starts[i], length);
    }
    return new LogCounts(of, starts, c.begin(), c.width(), c.spans(), span, rows, bytes);
  }

  private int place(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  @Override
  public int size() {
    return groups.length;
  }

  @Override
  public long time(int row) {
    return 0;
  }

  @Override
  public int stream(int row) {
    return streams[row];
  }

  @Override
  public int bodyLength(int row) {
    throw noBodies();
  }

  @Override
  public void body(int row, CopyBuffer into) {
    throw noBodies();
  }

  private static IllegalStateException noBodies() {
    return new IllegalStateException("groups of rows have no bodies");
  }

  @Override
  public boolean metadata(int row, String name, CopyBuffer into) {
    int i = place(name);
    int code = i < 0 ? -1 : counts.codes()[groups[row]][i];
    if (code < 0) {
      return false;
    }
    byte[] value = counts.values()[i][code];
    into.add(value, 0, value.length);
    return true;
  }

  @Override
  public void forEachMetadata(int row, CopyBuffer into, MetadataConsumer consumer) {
    for (int i : sorted()) {
      int code = counts.codes()[groups[row]][i];
      if (code >= 0) {
        byte[] value = counts.values()[i][code];
        into.add(value, 0, value.length);
        consumer.accept(names[i], into.size - value.length, value.length);
      }
    }
  }

  private List<Integer> sorted() {
    return java.util.stream.IntStream.range(0, names.length)
        .boxed()
        .sorted((a, b) -> names[a].compareTo(names[b]))
        .toList();
  }
}
