package dev.tethys.control.automation;

import java.util.LinkedHashMap;
import java.util.Map;

/** Map that evicts its oldest entry when full. */
final class RecentMap<V> extends LinkedHashMap<String, V> {
  private static final long serialVersionUID = 1;

  /** Alerts and starts that are remembered. */
  static final int MAX = 10_000;

  private RecentMap() {}

  static <V> Map<String, V> of() {
    return new RecentMap<>();
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
    return size() > MAX;
  }
}
