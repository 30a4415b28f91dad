package dev.tethys.pipeline.delivery;

/** Other ways of the items of an outbox. */
public enum Neighbours {
  /** There are none. */
  NONE,
  /** Others get the same items: what a source repeats, they get again. */
  SAME_ITEMS,
  /** Others get what this one does not take, so it has to say so. */
  ALTERNATIVES
}
