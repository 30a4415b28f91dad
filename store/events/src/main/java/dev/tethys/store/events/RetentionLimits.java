package dev.tethys.store.events;

/**
 * Retention limits. The oldest parts are removed first.
 *
 * @param nanos maximum age of the newest row of a part; 0 for no limit
 * @param bytes size of all parts; 0 for no limit
 * @param diskShare share of the file system that parts may take, in 0..1; 0 for no limit
 */
public record RetentionLimits(long nanos, long bytes, double diskShare) {
  /** Keeps everything. */
  public static final RetentionLimits NONE = new RetentionLimits(0, 0, 0);
}
