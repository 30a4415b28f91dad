package dev.tethys.store.metrics.internal.block;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;

/** Time range of another selection, which it closes. */
public final class ClippedSelection implements SourceSelection {
  private final SourceSelection whole;
  private final long from;
  private final long to;

  /** The samples of a closed time range. */
  public ClippedSelection(SourceSelection whole, long from, long to) {
    this.whole = whole;
    this.from = from;
    this.to = to;
  }

  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public Labels labels(int i) {
    return whole.labels(i);
  }

  @Override
  public void adopt(int i, Labels same) {
    whole.adopt(i, same);
  }

  @Override
  public void read(int i, long min, long max, SampleBuffer into) {
    if (Math.max(min, from) <= Math.min(max, to)) {
      whole.read(i, Math.max(min, from), Math.min(max, to), into);
    }
  }

  @Override
  public void readTimes(int i, long min, long max, SampleBuffer into) {
    if (Math.max(min, from) <= Math.min(max, to)) {
      whole.readTimes(i, Math.max(min, from), Math.min(max, to), into);
    }
  }

  @Override
  public long timesKey(int i) {
    return whole.timesKey(i);
  }

  @Override
  public void close() {
    whole.close();
  }
}
