package dev.tethys.insight.source;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.Selection;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;

/**
 * Merge of the selections of two stores. Series of equal labels are one; of samples at equal times
 * that of the first store is kept. Ids of timestamps are those of the first store only, since both
 * stores count from one.
 */
final class PairedSelection implements Selection {
  private static final int NONE = -1;

  private final Selection first;
  private final Selection second;
  private final int[] inFirst; // by series, NONE if it is not there
  private final int[] inSecond;

  PairedSelection(Selection first, Selection second) {
    this.first = first;
    this.second = second;
    int[] a = new int[first.size() + second.size()];
    int[] b = new int[a.length];
    int n = 0;
    int i = 0;
    int j = 0;
    Labels left = i < first.size() ? first.labels(i) : null;
    Labels right = j < second.size() ? second.labels(j) : null;
    while (left != null || right != null) {
      int order = left == null ? 1 : right == null ? -1 : left.compareTo(right);
      a[n] = order <= 0 ? i++ : NONE;
      b[n++] = order >= 0 ? j++ : NONE;
      if (order <= 0) {
        left = i < first.size() ? first.labels(i) : null;
      }
      if (order >= 0) {
        right = j < second.size() ? second.labels(j) : null;
      }
    }
    this.inFirst = Arrays.copyOf(a, n);
    this.inSecond = Arrays.copyOf(b, n);
  }

  @Override
  public int size() {
    return inFirst.length;
  }

  @Override
  public Labels labels(int series) {
    return inFirst[series] == NONE
        ? second.labels(inSecond[series])
        : first.labels(inFirst[series]);
  }

  @Override
  public void read(int series, SampleBuffer into) {
    if (inSecond[series] == NONE) {
      first.read(inFirst[series], into);
      return;
    }
    second.read(inSecond[series], into);
    into.timestampsId = 0;
    if (inFirst[series] == NONE) {
      return;
    }
    SampleBuffer theirs = new SampleBuffer();
    for (int i = 0; i < into.size; i++) {
      theirs.add(into, i);
    }
    boolean mayBeStale = into.mayBeStale;
    SampleBuffer own = new SampleBuffer();
    first.read(inFirst[series], own);
    merge(own, theirs, into);
    into.mayBeStale = mayBeStale || own.mayBeStale;
  }

  private static void merge(SampleBuffer a, SampleBuffer b, SampleBuffer into) {
    into.clear();
    int i = 0;
    int j = 0;
    while (i < a.size || j < b.size) {
      if (j == b.size || i < a.size && a.timestamps[i] <= b.timestamps[j]) {
        if (j < b.size && a.timestamps[i] == b.timestamps[j]) {
          j++;
        }
        into.add(a, i++);
      } else {
        into.add(b, j++);
      }
    }
  }

  @Override
  public void readTimes(int series, SampleBuffer into) {
    if (inSecond[series] == NONE) {
      first.readTimes(inFirst[series], into);
    } else if (inFirst[series] == NONE) {
      second.readTimes(inSecond[series], into);
      into.timestampsId = 0;
    } else {
      read(series, into);
    }
  }

  @Override
  public long timesIdIfNeverStale(int series) {
    return inSecond[series] == NONE ? first.timesIdIfNeverStale(inFirst[series]) : 0;
  }

  /** Warnings of both, of which either may grow. */
  @Override
  public List<String> warnings() {
    return new AbstractList<>() {
      @Override
      public String get(int i) {
        List<String> a = first.warnings();
        return i < a.size() ? a.get(i) : second.warnings().get(i - a.size());
      }

      @Override
      public int size() {
        return first.warnings().size() + second.warnings().size();
      }
    };
  }

  @Override
  public List<Long> resolutions() {
    return first.resolutions();
  }

  @Override
  public void close() {
    try {
      first.close();
    } finally {
      second.close();
    }
  }
}
