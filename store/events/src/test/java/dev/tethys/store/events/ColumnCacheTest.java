package dev.tethys.store.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ColumnCacheTest {
  private final AtomicLong nanos = new AtomicLong(1);
  private final ColumnCache cache = new ColumnCache(100, nanos::get);

  private void after(long seconds) {
    nanos.addAndGet(seconds * 1_000_000_000L);
  }

  @Test
  void keepsTheFirstColumnsOfBusyBlocks() {
    DecodedColumns a = cache.columns();
    DecodedColumns b = cache.columns();
    a.put("x", 1, 60);
    a.put("x", 2, 10); // of another thread
    b.put("x", 3, 60);
    assertThat(a.get("x")).isEqualTo(1);
    assertThat(b.get("x")).isNull();
    assertThat(cache.bytes()).isEqualTo(60);
  }

  @Test
  void replacesBlocksUnusedForSomeTime() {
    DecodedColumns a = cache.columns();
    DecodedColumns b = cache.columns();
    DecodedColumns c = cache.columns();
    a.put("x", 1, 40);
    b.put("x", 2, 40);
    after(9);
    a.use();
    after(2);
    c.put("x", 3, 40); // only b is idle
    assertThat(a.get("x")).isEqualTo(1);
    assertThat(b.get("x")).isNull();
    assertThat(c.get("x")).isEqualTo(3);
    assertThat(cache.bytes()).isEqualTo(80);
    c.put("y", 4, 101);
    assertThat(c.get("y")).isNull();
  }

  @Test
  void replacesBusyBlocksByRereadOnes() {
    DecodedColumns a = cache.columns();
    DecodedColumns b = cache.columns();
    a.use();
    a.put("x", 1, 60);
    after(1);
    b.use();
    assertThat(b.put("x", 2, 60)).isFalse();
    after(1);
    b.use();
    assertThat(b.put("x", 2, 60)).isTrue(); // a was not read since b was read first
    assertThat(a.get("x")).isNull();
    assertThat(cache.bytes()).isEqualTo(60);
  }

  @Test
  void keepsBlocksOfRepeatedScans() {
    DecodedColumns a = cache.columns();
    DecodedColumns b = cache.columns();
    for (int scan = 0; scan < 5; scan++) {
      a.use();
      if (scan == 0) {
        a.put("x", 1, 60);
      }
      after(1);
      b.use();
      assertThat(b.put("x", 2, 60)).isFalse();
      after(1);
    }
    assertThat(a.get("x")).isEqualTo(1);
  }

  @Test
  void removesExpiredData() {
    DecodedColumns a = cache.columns();
    DecodedColumns b = cache.columns();
    a.put("x", 1, 40);
    after(200);
    b.put("x", 2, 40);
    after(100);
    cache.expire(300);
    assertThat(a.get("x")).isNull();
    assertThat(b.get("x")).isEqualTo(2);
    assertThat(cache.bytes()).isEqualTo(40);
  }

  @Test
  void keepsSectionsInTheirShare() {
    ColumnCache half = new ColumnCache(100, 50, nanos::get);
    DecodedColumns a = half.columns();
    DecodedColumns b = half.columns();
    assertThat(a.putSection(1, new byte[0], 40)).isTrue();
    assertThat(b.hasRoom(20)).isFalse();
    assertThat(b.putSection(1, new byte[0], 20)).isFalse();
    assertThat(b.put("x", 1, 20)).isTrue();
    assertThat(b.putSection(2, new byte[0], 10)).isTrue();
    assertThat(half.bytes()).isEqualTo(70);
    after(11);
    b.use();
    assertThat(b.putSection(3, new byte[0], 30)).isTrue(); // in place of the section of a
    assertThat(a.get(1)).isNull();
    assertThat(half.bytes()).isEqualTo(60);
    after(300);
    half.expire(300);
    assertThat(half.bytes()).isZero();
    assertThat(a.putSection(1, new byte[0], 50)).isTrue();
  }

  @Test
  void keepsNothingWithoutACache() {
    DecodedColumns none = DecodedColumns.none();
    none.use();
    none.put("x", 1, 1);
    assertThat(none.get("x")).isNull();
  }
}
