package dev.tethys.collect.logs.file;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Delivery progress of a file: the end of the last block up to which all blocks are acknowledged.
 *
 * <p>Invariant: the blocks are in order of the file, and the first is not done.
 */
final class Progress {
  private final Deque<Block> blocks = new ArrayDeque<>();
  private Checkpoint delivered;
  private int epoch; // of what is delivered
  private final Runnable moves;

  /**
   * Starts tracking progress from a checkpoint.
   *
   * @param moves notified of progress; with the lock held, so it must not wait
   */
  Progress(Checkpoint start, Runnable moves) {
    this.delivered = start;
    this.moves = moves;
  }

  /** Starts a block at the end of the previous one; the caller closes it. */
  synchronized Block begin(int ofEpoch) {
    Block b = new Block(this, ofEpoch);
    blocks.add(b);
    return b;
  }

  /** Updates the delivered position after another block was delivered. */
  synchronized void advance() {
    while (!blocks.isEmpty() && blocks.element().isDone()) {
      Block b = blocks.remove();
      Checkpoint c = b.end();
      if (c != null) {
        delivered = c;
        epoch = b.epoch();
        moves.run();
      }
    }
  }

  /** Position up to which everything is delivered. */
  synchronized Checkpoint delivered() {
    return delivered;
  }

  /** Returns the epoch of the delivered checkpoint. */
  synchronized int deliveredEpoch() {
    return epoch;
  }

  /** The delivered position with the currently known head, if the file's content is unchanged. */
  synchronized Checkpoint delivered(Checkpoint now, int nowEpoch) {
    return epoch == nowEpoch ? delivered.withHead(now) : delivered;
  }

  /** Replaces the checkpoint up to which everything is delivered. */
  synchronized void moved(java.util.function.UnaryOperator<Checkpoint> change) {
    delivered = change.apply(delivered);
    moves.run();
  }

  /** Whether everything read has been delivered. */
  synchronized boolean isQuiet() {
    return blocks.isEmpty();
  }
}
