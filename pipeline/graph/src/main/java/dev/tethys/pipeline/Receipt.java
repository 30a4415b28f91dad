package dev.tethys.pipeline;

/**
 * Tells the source of a batch what became of it. A source may forget a batch (answer its client,
 * commit its offset, save its position) when its receipt is settled, and not before.
 */
@FunctionalInterface
public interface Receipt {
  /** Nobody waits to hear. */
  Receipt NONE = outcome -> {};

  /** Called exactly once for a batch; must not block. */
  void settle(Outcome outcome);
}
