package dev.tethys.store.metrics.internal.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import java.util.List;
import org.junit.jupiter.api.Test;

class MatchCacheTest {
  private final Object owner = new Object();

  private static List<Matcher> asks(String name) {
    return List.of(Matcher.equal("__name__", name));
  }

  @Test
  void keepsAResultUntilTheIndexChanges() {
    MatchCache<String> c = new MatchCache<>(1000);
    c.put(owner, 1, asks("a"), "found", 100);
    assertThat(c.get(owner, 1, asks("a"))).isEqualTo("found");
    assertThat(c.get(owner, 2, asks("a"))).isNull();
    assertThat(c.get(new Object(), 1, asks("a"))).isNull();
    c.put(owner, 2, asks("a"), "other", 50);
    assertThat(c.get(owner, 2, asks("a"))).isEqualTo("other");
    assertThat(c.bytes()).isEqualTo(50);
    c.forget(owner);
    assertThat(c.get(owner, 2, asks("a"))).isNull();
    assertThat(c.bytes()).isZero();
    assertThat(c.size()).isZero();
  }

  @Test
  void singleRequestEvictsNothing() {
    MatchCache<String> c = new MatchCache<>(1000);
    c.put(owner, 1, asks("a"), "first", 400);
    c.put(owner, 1, asks("b"), "second", 400);
    c.put(owner, 1, asks("c"), "third", 400);
    assertThat(c.get(owner, 1, asks("c"))).isNull();
    assertThat(c.get(owner, 1, asks("b"))).isEqualTo("second");
    assertThat(c.get(owner, 1, asks("a"))).isEqualTo("first");
    c.put(owner, 1, asks("c"), "third", 400);
    assertThat(c.get(owner, 1, asks("c"))).isEqualTo("third");
    assertThat(c.get(owner, 1, asks("b"))).isNull();
    assertThat(c.bytes()).isEqualTo(800);
  }

  @Test
  void isBoundedInBytesAndEntries() {
    MatchCache<String> c = new MatchCache<>(1000);
    for (int i = 0; i < 5 * MatchCache.MAX_ENTRIES; i++) {
      String name = "m" + i;
      c.put(owner, 1, asks(name), name, 90);
      c.put(owner, 1, asks(name), name, 90);
      assertThat(c.bytes()).isLessThanOrEqualTo(1000);
      assertThat(c.size()).isLessThanOrEqualTo(MatchCache.MAX_ENTRIES);
      assertThat(c.get(owner, 1, asks(name))).isEqualTo(name);
    }
    c.put(owner, 1, asks("huge"), "huge", 501);
    c.put(owner, 1, asks("huge"), "huge", 501);
    assertThat(c.get(owner, 1, asks("huge"))).isNull();
    for (int i = 0; i < 5 * MatchCache.MAX_ENTRIES; i++) {
      c.put(owner, 1, asks("once" + i), "", 90);
    }
    assertThat(c.size()).isEqualTo(MatchCache.MAX_ENTRIES);
  }
}
