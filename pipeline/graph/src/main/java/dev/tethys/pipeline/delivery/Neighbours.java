package dev.tethys.pipeline.delivery;

/** Other ways of the items of an outbox. */
public enum Neighbours {
  /** There are none. */
  NONE,
  /** Others get the same items: what a source repeats, they get again. */
  SAME_ITEMS,
  /** Others get the items that this one refuses, so it must refuse them. */
  ALTERNATIVES
}
