package dev.tethys.store.metrics.internal.block;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Breaks down the size of a block by content while it is written. */
final class BlockSizeBreakdown {
  private static final class Entry {
    long chunks;
    long samples;
    double bytes;
    long open; // raw bytes in the group that is not yet written
  }

  private final Map<String, Entry> entries = new TreeMap<>();

  private Entry entry(String part) {
    return entries.computeIfAbsent(part, k -> new Entry());
  }

  /** Counts an encoded chunk of a number of samples. */
  void chunk(String part, int samples) {
    Entry e = entry(part);
    e.chunks++;
    e.samples += samples;
  }

  /** Records raw bytes added to the next group. */
  void raw(String part, int bytes) {
    entry(part).open += bytes;
  }

  /** Shares the stored bytes of a group among all raw bytes added since the last one. */
  void stored(int bytes) {
    long raw = 0;
    for (Entry e : entries.values()) {
      raw += e.open;
    }
    for (Entry e : entries.values()) {
      e.bytes += raw == 0 ? 0 : (double) bytes * e.open / raw;
      e.open = 0;
    }
  }

  /** Bytes written to the file unchanged. */
  void written(String part, long bytes) {
    entry(part).bytes += bytes;
  }

  /** Adds the content of another account. */
  void add(BlockSizeBreakdown other) {
    other.entries.forEach(
        (part, e) -> {
          Entry mine = entry(part);
          mine.chunks += e.chunks;
          mine.samples += e.samples;
          mine.bytes += e.bytes;
        });
  }

  /** Shares of the size, by name. */
  List<SizeShare> shares() {
    List<SizeShare> out = new ArrayList<>();
    entries.forEach(
        (part, e) -> out.add(new SizeShare(part, e.chunks, e.samples, Math.round(e.bytes))));
    return List.copyOf(out);
  }
}
