package dev.tethys.pipeline.ottl;

/** A compiled condition. */
@FunctionalInterface
interface Truth {
  boolean holds(Cursor at);
}
