package dev.tethys.pipeline.processor.ratelimit;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Divides a rate of items per second among keys by max-min fairness: a key with a demand below an
 * equal share gets its demand, and the others share the rest. The demand of a key is that of the
 * previous second. Not thread-safe.
 */
final class FairShare {
  private static final class Usage {
    long wanted;
    long taken;
    long share;
  }

  private final long total;
  private final long perKey;
  private final int maxKeys;
  private Map<String, Usage> now = new HashMap<>();
  private Map<String, Long> shares = new HashMap<>();
  private long newShare;
  private long taken;
  private long second = Long.MIN_VALUE;

  /**
   * Creates shares.
   *
   * @param total items per second
   * @param perKey items per second and key at most
   * @param maxKeys number of keys with their own share; all further keys share one
   */
  FairShare(long total, long perKey, int maxKeys) {
    this.total = total;
    this.perKey = perKey;
    this.maxKeys = maxKeys;
    this.newShare = Math.min(total, perKey);
  }

  /** Whether an item of a key may pass at a time. */
  boolean admit(String key, long millis) {
    long s = Math.floorDiv(millis, 1000L);
    if (s != second) {
      roll(s);
    }
    Usage u = now.get(key);
    if (u == null) {
      String known = now.size() < maxKeys || shares.containsKey(key) ? key : "";
      u = now.computeIfAbsent(known, _ -> new Usage());
      u.share = shares.getOrDefault(known, newShare);
    }
    u.wanted++;
    if (u.taken >= u.share || taken >= total) {
      return false;
    }
    u.taken++;
    taken++;
    return true;
  }

  private void roll(long s) {
    boolean follows = s == second + 1;
    Map<String, Usage> before = follows ? now : Map.of();
    now = new HashMap<>();
    shares = new LinkedHashMap<>();
    second = s;
    taken = 0;
    newShare = Math.min(perKey, total / (before.size() + 1));
    if (before.isEmpty()) {
      newShare = Math.min(total, perKey);
      return;
    }
    String[] keys = before.keySet().toArray(String[]::new);
    Arrays.sort(keys, java.util.Comparator.comparingLong(k -> demand(before, k)));
    long remaining = total;
    for (int i = 0; i < keys.length; i++) {
      long equal = remaining / (keys.length - i);
      // A quarter more than last time, so that a key that needs more can show it.
      long wants = demand(before, keys[i]) + demand(before, keys[i]) / 4 + 1;
      long share = Math.min(perKey, Math.min(equal, wants));
      shares.put(keys[i], share);
      remaining -= share;
    }
    long spare = remaining / keys.length;
    if (spare > 0) {
      shares.replaceAll((_, v) -> Math.min(perKey, v + spare));
    }
  }

  private static long demand(Map<String, Usage> in, String key) {
    return java.util.Objects.requireNonNull(in.get(key)).wanted;
  }
}
