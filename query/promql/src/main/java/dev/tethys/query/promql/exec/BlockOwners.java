package dev.tethys.query.promql.exec;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Owners of the blocks in memory by plan step, so that a rejection can name the largest. For the
 * one thread that runs the operators.
 */
final class BlockOwners {
  private final IdentityHashMap<Block, PlanStep> blocks = new IdentityHashMap<>();
  private long bytes;

  /** Records the block returned by a step; a step that forwards its input holds nothing. */
  void recordBlock(PlanStep o, Block b) {
    if (b.bytes() > 0 && blocks.putIfAbsent(b, o) == null) {
      bytes += b.bytes();
    }
  }

  void released(Block b) {
    if (blocks.remove(b) != null) {
      bytes -= b.bytes();
    }
  }

  /** Bytes of {@code held} that are in no block: the work of unfinished steps. */
  long unfinished(long held) {
    return held - bytes;
  }

  /**
   * Names the step that holds the most memory.
   *
   * @param working the innermost step that is not finished
   * @param taken bytes allocated by that step
   */
  void blame(MemoryLimitException e, PlanStep working, long taken) {
    PlanStep largest = working;
    long most = taken;
    for (Map.Entry<Block, PlanStep> b : blocks.entrySet()) {
      if (b.getKey().bytes() > most) {
        most = b.getKey().bytes();
        largest = b.getValue();
      }
    }
    e.blame(largest, most);
  }
}
