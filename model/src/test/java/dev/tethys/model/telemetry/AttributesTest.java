package dev.tethys.model.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AttributesTest {
  private static Utf8 utf8(String s) {
    byte[] b = ("<" + s + ">").getBytes(StandardCharsets.UTF_8);
    return new Utf8(b, 1, b.length - 2);
  }

  @Test
  void keepsTheOrderOfKeysWhenValuesChange() {
    Attributes a = new Attributes();
    for (int i = 0; i < 20; i++) {
      a.put("k" + i, (long) i);
    }
    a.put("k3", "three");
    assertThat(a.size()).isEqualTo(20);
    assertThat(a.key(3)).isEqualTo("k3");
    assertThat(a.value(3)).isEqualTo("three");
    assertThat(a.get("k19")).isEqualTo(19L);
    assertThat(a.get("absent")).isNull();
    assertThat(a.remove("k3")).isTrue();
    assertThat(a.remove("k3")).isFalse();
    assertThat(a.key(3)).isEqualTo("k4");
    assertThat(a.size()).isEqualTo(19);
    assertThat(a.removeIf((k, v) -> v instanceof Long l && l % 2 == 0)).isTrue();
    assertThat(a.size()).isEqualTo(9);
    assertThat(a.key(8)).isEqualTo("k19");
  }

  @Test
  void renamedEntryKeepsItsPlaceAndValue() {
    Attributes a = new Attributes();
    for (int i = 0; i < 100; i++) {
      a.put("k" + i, (long) i);
    }
    a.setKey(7, "new");
    a.put("new", "seven");
    a.put("k7", "again");
    assertThat(a.key(7)).isEqualTo("new");
    assertThat(a.value(7)).isEqualTo("seven");
    assertThat(a.key(100)).isEqualTo("k7");
    assertThatThrownBy(() -> a.setKey(101, "x")).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void emptyValueIsNotAbsent() {
    Attributes a = new Attributes();
    a.put("empty", null);
    assertThat(a.get("empty")).isNull();
    assertThat(a.contains("empty")).isTrue();
    assertThat(a.contains("absent")).isFalse();
  }

  @Test
  void decodesTextOnFirstRead() {
    Attributes a = new Attributes();
    a.add("k", utf8("grün"));
    assertThat(a.raw(0)).isInstanceOf(Utf8.class);
    assertThat(a.get("k")).isEqualTo("grün");
    assertThat(a.raw(0)).isInstanceOf(String.class);
  }

  @Test
  void equalityIgnoresOrderAndDecoding() {
    Attributes a = new Attributes();
    a.add("x", utf8("v"));
    a.add("y", new byte[] {1});
    a.add("z", ArrayValue.of(1L, utf8("w"), 1.5, null));
    Attributes b = new Attributes();
    b.add("z", ArrayValue.of(1L, "w", 1.5, null));
    b.add("x", "v");
    b.add("y", new byte[] {1});
    assertThat(a).isEqualTo(b).hasSameHashCodeAs(b);
    b.put("y", new byte[] {2});
    assertThat(a).isNotEqualTo(b);
  }

  @Test
  void copySharesNothing() {
    Attributes inner = new Attributes();
    inner.put("a", 1L);
    byte[] bytes = {1};
    Attributes a = new Attributes();
    a.put("map", inner);
    ArrayValue list = ArrayValue.of("x");
    a.put("list", list);
    a.put("bytes", bytes);
    a.add("text", utf8("t"));
    Attributes c = a.copy();
    assertThat(c).isEqualTo(a);
    assertThat(c.raw(3)).as("holds on to no buffer").isInstanceOf(String.class);
    inner.put("a", 2L);
    bytes[0] = 9;
    list.add("y");
    Attributes kept = new Attributes();
    kept.put("a", 1L);
    assertThat(c.get("map")).isEqualTo(kept);
    assertThat((byte[]) c.get("bytes")).containsExactly(1);
    assertThat(c.get("list")).isEqualTo(ArrayValue.of("x"));
  }

  @Test
  void acceptsOnlyOtlpValues() {
    assertThatThrownBy(() -> new Attributes().put("k", 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Integer");
  }

  @Test
  void removesARangeFromAList() {
    ArrayValue l = ArrayValue.of(0L, 1L, 2L, 3L, 4L, 5L);
    l.removeRange(1, 4);
    assertThat(l).isEqualTo(ArrayValue.of(0L, 4L, 5L));
    l.remove(0);
    l.set(1, "five");
    assertThat(l).isEqualTo(ArrayValue.of(4L, "five"));
  }
}
