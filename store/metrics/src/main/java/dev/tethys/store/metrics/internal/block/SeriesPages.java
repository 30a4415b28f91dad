package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;

/** The directory of a block's series: labels and chunks by the number of the series. */
final class SeriesPages {
  private static final int[] NONE = {};

  private final IndexFile index;
  private final Dictionary dictionary;
  private final ChunkGroups groups;
  private final TimeSets times;
  private final long[] offsets; // one more: the end

  SeriesPages(IndexFile index, Dictionary dictionary, ChunkGroups groups, TimeSets times) {
    this.index = index;
    this.dictionary = dictionary;
    this.groups = groups;
    this.times = times;
    offsets = IndexFile.directory(index.take(BlockLayout.SERIES_DIRECTORY));
  }

  /** Returns the maximum number of series that these pages can hold. */
  long capacity() {
    return (offsets.length - 1L) * BlockLayout.SERIES_PAGE;
  }

  /** Returns the page that holds a series. */
  static int pageOf(int series) {
    return series / BlockLayout.SERIES_PAGE;
  }

  /** Reads a page. */
  Page page(int number) {
    return new Page(number);
  }

  /** A page of series, decoded. */
  final class Page {
    private final int number;
    private final int[][] pairs;
    private final ChunkRef[][] chunks;

    private Page(int number) {
      this.number = number;
      byte[] b =
          GroupWriter.read(index.file(), offsets[number], offsets[number + 1] - offsets[number]);
      ByteSource in = new ByteSource(b, 0, b.length - ByteSink.SLACK);
      int group = in.count(groups.sizeOfChunks()) - 1;
      int offset = in.count(BlockLayout.MAX_GROUP_BYTES);
      int n = in.count(BlockLayout.SERIES_PAGE);
      pairs = pairs(in, n);
      chunks = new ChunkRef[n][];
      int total = 0;
      for (int i = 0; i < n; i++) {
        chunks[i] = new ChunkRef[in.count()];
        total += chunks[i].length;
      }
      int[] sets = sets(in, total);
      int at = 0;
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < chunks[i].length; k++) {
          long v = in.uvarint();
          if ((v & 1) != 0) {
            group++;
            offset = 0;
          }
          int length = (int) Math.min(Integer.MAX_VALUE / 2, v >>> 2);
          chunks[i][k] =
              new ChunkRef(sets[at++], groups.ofChunks(group), offset, length, (v & 2) != 0);
          offset += length;
          if (offset < 0) {
            throw new CorruptionException("a chunk beyond the longest group");
          }
        }
      }
    }

    private int[][] pairs(ByteSource in, int n) {
      int[] shared = new int[n];
      int[] further = new int[n];
      for (int i = 0; i < n; i++) {
        shared[i] = in.count(1 << 20);
      }
      for (int i = 0; i < n; i++) {
        further[i] = in.count();
      }
      int[][] out = new int[n][];
      int[] before = NONE;
      for (int i = 0; i < n; i++) {
        if (shared[i] > before.length) {
          throw new CorruptionException("a series shares more labels than exist");
        }
        int[] p = Arrays.copyOf(before, shared[i] + further[i]);
        for (int k = shared[i]; k < p.length; k++) {
          long v = in.uvarint() + (k == 0 ? 0 : p[k - 1] + 1L);
          if (v < 0 || v >= dictionary.pairs()) {
            throw new CorruptionException("a label beyond the dictionary");
          }
          p[k] = (int) v;
        }
        out[i] = p;
        before = p;
      }
      return out;
    }

    private int[] sets(ByteSource in, int total) {
      int[] out = new int[total];
      long set = 0;
      for (int i = 0; i < total; i++) {
        set += in.svarint();
        if (set < 0 || set >= times.size()) {
          throw new CorruptionException("a time set that does not exist");
        }
        out[i] = (int) set;
      }
      return out;
    }

    /** Whether the slot contains a series. */
    boolean holds(int series) {
      return pageOf(series) == number;
    }

    /** Returns the chunks of a series, in order of time. */
    ChunkRef[] chunks(int series) {
      return chunks[series % BlockLayout.SERIES_PAGE];
    }

    /**
     * Returns the chunks of a series that may have samples in a closed time range, in order of
     * time.
     */
    ChunkRef[] chunks(int series, long min, long max) {
      ChunkRef[] c = chunks[series % BlockLayout.SERIES_PAGE];
      int n = 0;
      for (ChunkRef x : c) {
        n += times.overlaps(x.set(), min, max) ? 1 : 0;
      }
      if (n == c.length) {
        return c;
      }
      ChunkRef[] out = new ChunkRef[n];
      n = 0;
      for (ChunkRef x : c) {
        if (times.overlaps(x.set(), min, max)) {
          out[n++] = x;
        }
      }
      return out;
    }

    /** Returns the numbers of a series' labels, ascending. Not to be changed. */
    int[] pairs(int series) {
      return pairs[series % BlockLayout.SERIES_PAGE];
    }

    /** Returns the labels of a series. */
    Labels labels(int series) {
      int[] mine = pairs[series % BlockLayout.SERIES_PAGE];
      int n = 0;
      for (int p : mine) {
        n += dictionary.fragment(p).length;
      }
      byte[] out = new byte[n];
      n = 0;
      for (int p : mine) {
        byte[] f = dictionary.fragment(p);
        System.arraycopy(f, 0, out, n, f.length);
        n += f.length;
      }
      return Labels.ofCanonicalBytes(out);
    }
  }
}
