package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.RequestBuffers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Profiles of one request, each of one series and one sample type, with the symbols that they
 * share. Not thread-safe.
 */
public final class ProfileBatch {
  private static final RequestBuffers<ProfileBatch> RELEASED =
      new RequestBuffers<>(ProfileBatch::new, b -> b.symbols.capacity() + b.rows.bytes.length);

  /** Symbol table shared by the rows. */
  public final ProfileSymbolTable symbols = new ProfileSymbolTable();

  /** Labels by the index that rows have. */
  public final List<Labels> series = new ArrayList<>();

  /** Profiles. */
  public final ProfileRows rows = new ProfileRows();

  private final Map<Labels, Integer> indexes = new HashMap<>();

  /** An empty batch, perhaps with the arrays of one that was released. */
  public static ProfileBatch empty() {
    return RELEASED.take();
  }

  /** Recycles the arrays for a later batch. This batch and its views must no longer be in use. */
  public void release() {
    symbols.clear();
    series.clear();
    rows.clear();
    indexes.clear();
    RELEASED.release(this);
  }

  /** Index of a series, which is added if it is new. */
  public int series(Labels labels) {
    Integer known = indexes.putIfAbsent(labels, series.size());
    if (known != null) {
      return known;
    }
    series.add(labels);
    return series.size() - 1;
  }
}
