package dev.tethys.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoundedMapTest {
  @Test
  void dropsOldestEntry() {
    BoundedMap<String, Integer> map = BoundedMap.byAge(2);
    map.put("a", 1);
    map.put("b", 2);
    map.get("a");
    map.put("c", 3);
    assertThat(map.keySet()).containsExactly("b", "c");
  }

  @Test
  void dropsLeastRecentlyUsedEntry() {
    BoundedMap<String, Integer> map = BoundedMap.byUse(2);
    map.put("a", 1);
    map.put("b", 2);
    map.get("a");
    map.put("c", 3);
    assertThat(map.keySet()).containsExactly("a", "c");
  }

  @Test
  void keepsNothingWithoutCapacity() {
    BoundedMap<String, Integer> map = BoundedMap.byUse(0);
    map.put("a", 1);
    assertThat(map).isEmpty();
  }
}
