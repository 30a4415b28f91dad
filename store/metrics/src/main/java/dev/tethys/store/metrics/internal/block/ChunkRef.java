package dev.tethys.store.metrics.internal.block;

/**
 * Location of a series chunk.
 *
 * @param set its timestamps
 * @param group the group that holds it
 * @param offset first byte in the group
 * @param length bytes
 * @param special whether histograms, or values that are not finite, may be in it
 */
record ChunkRef(int set, int group, int offset, int length, boolean special) {}
