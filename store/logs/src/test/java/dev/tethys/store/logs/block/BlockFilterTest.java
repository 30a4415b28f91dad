package dev.tethys.store.logs.block;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.store.files.ByteSink;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockFilterTest {
  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  /** Filter of a block of these bodies and values of metadata. */
  private static MemorySegment filter(List<String> bodies, List<String> values) {
    LogRows rows = new LogRows().clear();
    for (int i = 0; i < bodies.size(); i++) {
      byte[] body = bytes(bodies.get(i));
      rows.add(i, 0, body, 0, body.length);
      if (i < values.size()) {
        byte[] value = bytes(values.get(i));
        rows.metadata(0, value, 0, value.length);
      }
    }
    ByteSink filter = new ByteSink();
    try (LogBlockWriter w = new LogBlockWriter(new Words(), 1)) {
      w.write(rows, List.of(bytes("trace_id")), new ByteSink(), filter);
    }
    return MemorySegment.ofArray(Arrays.copyOf(filter.buf, filter.size));
  }

  private static boolean excludes(MemorySegment filter, String text) {
    BlockQuery q = new BlockQuery(new LogFilter(List.of(LogFilter.Contains.of(text)), List.of()));
    return !q.isEmpty() && q.excludes(filter);
  }

  private static boolean excludesTrace(MemorySegment filter, String value) {
    Matcher m = Matcher.equal("trace_id", value);
    return new BlockQuery(new LogFilter(List.of(), List.of(m))).excludes(filter);
  }

  @Test
  void findsAlphanumericRunsByPrefix() {
    String id = "4b5c6d7e8f90a1b2";
    MemorySegment f = filter(List.of("x id=" + id + "/end", "user_1234 é1é2é3é4"), List.of());
    assertThat(excludes(f, "id=" + id)).isFalse();
    assertThat(excludes(f, "=" + id.substring(0, 9))).isFalse();
    assertThat(excludes(f, " user_1234")).isFalse();
    assertThat(excludes(f, " é1é2é3")).isFalse();
    assertThat(excludes(f, id.substring(3))).as("the begin of the run is unknown").isFalse();
    assertThat(excludes(f, "=12345678")).as("numbers are not in it").isFalse();
    assertThat(excludes(f, "=4b5c6d7f8f90")).isTrue();
    assertThat(excludes(f, " user_2234")).isTrue();
  }

  @Test
  void indexesLongBodies() {
    MemorySegment f = filter(List.of(" y".repeat(40_000) + " a1b2c3d4e5"), List.of());
    assertThat(excludes(f, " a1b2c3d4e5")).isFalse();
    assertThat(excludes(f, " a1b2c3d5e5")).isTrue();
  }

  @Test
  void findsCompleteMetadataValues() {
    MemorySegment f = filter(List.of("a", "b"), List.of("4bf92f3577b34da6a3ce929d0e0e4736", "x"));
    assertThat(excludesTrace(f, "4bf92f3577b34da6a3ce929d0e0e4736")).isFalse();
    assertThat(excludesTrace(f, "4bf92f3577b34da6a3ce929d0e0e4737")).isTrue();
    assertThat(excludesTrace(f, "y")).as("short values are not in it").isFalse();
  }

  @Test
  void reportsFewFalsePositives() {
    Random random = new Random(1);
    List<String> bodies = random.longs(20_000).mapToObj(v -> "id a" + v + "b").toList();
    MemorySegment f = filter(bodies, List.of());
    assertThat(bodies).noneMatch(b -> excludes(f, b));
    long wrong =
        random.longs(20_000).filter(v -> !excludes(f, "id 1a" + Long.toHexString(v))).count();
    assertThat(wrong).isLessThan(1500);
    assertThat(f.byteSize()).isLessThan(20_000 * 4);
  }

  @Test
  void noFilterExcludesNothing() {
    assertThat(excludes(MemorySegment.ofArray(new byte[0]), " a1b2c3d4e5")).isFalse();
    assertThat(filter(List.of("a b"), List.of()).byteSize()).isZero();
  }
}
