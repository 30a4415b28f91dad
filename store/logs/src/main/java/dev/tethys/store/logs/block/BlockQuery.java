package dev.tethys.store.logs.block;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Keys of a row filter, for queries against {@link BlockFilter}s. Immutable. */
public final class BlockQuery {
  /** Alternatives; a matching row has all keys of one alternative. */
  private record AnyOf(List<long[]> alternatives) {}

  private final List<AnyOf> conditions = new ArrayList<>();

  /** Extracts the lookup keys of a filter. */
  public BlockQuery(LogFilter filter) {
    for (LogFilter.Line line : filter.lines()) {
      if (line instanceof LogFilter.Contains c && !c.negated()) {
        add(c.texts().stream().map(BlockFilter::keysOfText).toList());
      }
    }
    for (Matcher m : filter.metadata()) {
      if (m.type() == Matcher.Type.EQUAL) {
        byte[] value = m.value().getBytes(StandardCharsets.UTF_8);
        add(List.of(BlockFilter.keysOfValue(value)));
      }
    }
  }

  private void add(List<long[]> alternatives) {
    if (!alternatives.isEmpty() && alternatives.stream().allMatch(keys -> keys.length > 0)) {
      conditions.add(new AnyOf(alternatives));
    }
  }

  /** True if filters of blocks have nothing to say. */
  public boolean isEmpty() {
    return conditions.isEmpty();
  }

  /**
   * True if no row of a block fits.
   *
   * @param filter bloom filter of the block; empty if none
   */
  public boolean excludes(MemorySegment filter) {
    for (AnyOf condition : conditions) {
      boolean any = false;
      for (long[] keys : condition.alternatives) {
        boolean all = true;
        for (long key : keys) {
          all = all && BlockFilter.mayHold(filter, key);
        }
        any |= all;
      }
      if (!any) {
        return true;
      }
    }
    return false;
  }
}
