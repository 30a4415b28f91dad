package dev.tethys.pipeline.delivery;

/** Alternative routes for the items of an outbox. */
public enum Neighbours {
  /** No other destinations. */
  NONE,
  /** Others receive the same items, including repeated items of a source. */
  SAME_ITEMS,
  /** Others get the items that this one rejects, so it must reject them. */
  ALTERNATIVES
}
