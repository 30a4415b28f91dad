package dev.tethys.store.metrics;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.index.Matching;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.roaringbitmap.RoaringBitmap;

/**
 * Number of series of each block that match a retention rule. Counted once per block; not
 * thread-safe.
 */
final class RuleSeriesCounts {
  /** Counts of a block whose index is damaged or cannot be read. */
  private static final long[] UNKNOWN = {};

  private final Map<BlockReader, long[]> counts = new WeakHashMap<>();
  private final BlockBackoff resting;
  private List<RetentionPolicy.Rule> counted = List.of();

  RuleSeriesCounts(BlockBackoff resting) {
    this.resting = resting;
  }

  /** Series of a block by rule, each under its first; one more entry: of no rule. */
  private long[] of(BlockReader block, List<RetentionPolicy.Rule> rules) {
    if (rules != counted) {
      counts.clear();
      counted = rules;
    }
    long[] known = counts.get(block);
    if (known == null) {
      known = countable(block, rules);
      if (known != UNKNOWN || block.isDamaged()) {
        counts.put(block, known);
      }
    }
    return known;
  }

  private long[] countable(BlockReader block, List<RetentionPolicy.Rule> rules) {
    if (resting.isBackedOff(block)) {
      return UNKNOWN;
    }
    try {
      return count(block, rules);
    } catch (StorageException e) {
      if (!block.isDamaged() && !resting.restAfterFailures(List.of(block))) {
        throw e;
      }
      return UNKNOWN;
    }
  }

  private static long[] count(BlockReader block, List<RetentionPolicy.Rule> rules) {
    long[] out = new long[rules.size() + 1];
    block.answer(
        () -> {
          RoaringBitmap rest = block.all().clone();
          for (int i = 0; i < rules.size(); i++) {
            RoaringBitmap found = Matching.find(block, rules.get(i).matchers());
            out[i] = RoaringBitmap.andCardinality(rest, found);
            rest.andNot(found);
          }
          out[rules.size()] = rest.getCardinality();
        });
    return out;
  }

  /** Returns the number of series of a block that are entirely expired; 0 if damage hides that. */
  long past(BlockReader block, RetentionPolicy policy, RetentionCutoff horizon) {
    if (policy.rules().isEmpty()) {
      return 0;
    }
    long[] n = of(block, policy.rules());
    long past = 0;
    for (int i = 0; i < n.length; i++) {
      past += block.meta().maxTime() <= horizon.floor(i) ? n[i] : 0;
    }
    return past;
  }
}
