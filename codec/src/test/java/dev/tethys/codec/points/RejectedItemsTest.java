package dev.tethys.codec.points;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RejectedItemsTest {
  @Test
  void messagesThatDifferOnlyInValuesAreOneReason() {
    RejectedItems r = new RejectedItems();
    r.add(1, "a", "trace_id is 1.5; it must be an integer");
    r.add(2, "b", "trace_id is \"x\\n\"; it must be an integer");
    r.add(3, "c", "spans[17].kind is 'q'");
    r.add(4, "d", "first line\nsecond line");
    assertThat(r.reasons())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "trace_id is …; it must be an integer",
                2,
                "spans[…].kind is …",
                1,
                "first line",
                1));
    assertThat(RejectedItems.reason("an open \"quote and more")).isEqualTo("an open …");
    assertThat(RejectedItems.reason("")).isEmpty();
    assertThat(RejectedItems.reason("x".repeat(10_000))).hasSizeLessThan(200);
  }

  @Test
  void reasonsAreBounded() {
    RejectedItems r = new RejectedItems();
    for (char a = 'a'; a <= 'z'; a++) {
      for (char b = 'a'; b <= 'z'; b++) {
        r.add(1, "", "reason " + a + b);
      }
    }
    assertThat(r.count()).isEqualTo(26 * 26);
    assertThat(r.reasons()).hasSizeLessThan(30).containsKey(RejectedItems.OTHER);
    assertThat(r.reasons().values().stream().mapToInt(n -> n).sum()).isEqualTo(26 * 26);
  }
}
