package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Summaries;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Reads the chunks of a downsampled block: as summaries, or as the samples whose time and value
 * were kept.
 */
final class SummaryReader {
  /** Maximum number of samples that fill a row. */
  static final int MAX_FILL = 64;

  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  private static final class Scratch {
    final SummaryColumns.Reader columns = new SummaryColumns.Reader();
    final Summaries rows = new Summaries();
  }

  private final ChunkGroups groups;
  private final TimeSets times;
  private final ChunkReader samples;
  private final long resolution;

  SummaryReader(ChunkGroups groups, TimeSets times, ChunkReader samples, long resolution) {
    this.groups = groups;
    this.times = times;
    this.samples = samples;
    this.resolution = resolution;
  }

  /** The first and the last millisecond of the buckets that a closed range touches. */
  long begin(long min) {
    return min < Long.MIN_VALUE / 2 ? min : Math.floorDiv(min - 1, resolution) * resolution + 1;
  }

  long end(long max) {
    return max > Long.MAX_VALUE / 2 ? max : Math.ceilDiv(max, resolution) * resolution;
  }

  /** Appends the summaries of a chunk that may have a sample in a closed range. */
  void read(ChunkRef c, long min, long max, Summaries into, SampleBuffer histograms) {
    if (!times.overlaps(c.set(), min, end(max))) {
      return;
    }
    ByteSource in = source(c);
    if (!isSummaries(in)) {
      samples.read(c, min, max, histograms);
      return;
    }
    Scratch s = SCRATCH.get();
    s.rows.clear();
    s.columns.decode(in, times, times.get(c.set()), resolution, s.rows);
    for (int i = 0; i < s.rows.size; i++) {
      if (s.rows.lastTimes[i] >= min && s.rows.firstTimes[i] <= max) {
        into.add(s.rows, i);
      }
    }
  }

  /**
   * Appends the samples of a chunk that were kept: of each row the first and the last.
   *
   * @param fill greatest distance of samples of a row: the sample before is repeated in longer
   *     gaps; 0 if gaps do not matter
   */
  void readKept(ChunkRef c, long min, long max, long fill, SampleBuffer into) {
    if (!times.overlaps(c.set(), min, end(max))) {
      return;
    }
    ByteSource in = source(c);
    if (!isSummaries(in)) {
      samples.read(c, min, max, into);
      return;
    }
    Scratch s = SCRATCH.get();
    Summaries r = s.rows;
    r.clear();
    s.columns.decode(in, times, times.get(c.set()), resolution, r);
    long apart = fill == 0 ? Long.MAX_VALUE : Math.max(fill, resolution / MAX_FILL);
    for (int i = 0; i < r.size; i++) {
      long last = r.lastTimes[i];
      if (last < min || r.firstTimes[i] > max) {
        continue;
      }
      for (long t = r.firstTimes[i]; t < last && t <= max; t += Math.min(apart, last - t)) {
        if (t >= min) {
          into.add(0, t, r.first[i]);
        }
      }
      if (last <= max) {
        into.add(0, last, r.last[i]);
      }
    }
    into.mayBeStale = true; // values may be any
  }

  private static boolean isSummaries(ByteSource in) {
    return (in.getByte() & BlockLayout.CHUNK_SUMMARIES) != 0;
  }

  private ByteSource source(ChunkRef c) {
    byte[] b = groups.content(c.group());
    if (c.offset() + (long) c.length() > b.length - ByteSink.SLACK) {
      throw new CorruptionException("a chunk beyond the end of its group");
    }
    return new ByteSource(b, c.offset(), c.length());
  }
}
