package dev.tethys.codec.points;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentNameCacheTest {
  @Test
  void doesNotCacheVeryLongNames() {
    RecentNameCache<Integer> lengths = new RecentNameCache<>(10, String::length);
    String longest = "x".repeat(RecentNameCache.MAX_LENGTH);
    assertThat(lengths.get(longest)).isEqualTo(longest.length());
    assertThat(lengths.get(longest + "y")).isEqualTo(longest.length() + 1);
    assertThat(lengths.get(longest + "y")).isEqualTo(longest.length() + 1);
    assertThat(lengths.size()).isEqualTo(1);
    assertThat(lengths.hits()).isZero();
  }
}
