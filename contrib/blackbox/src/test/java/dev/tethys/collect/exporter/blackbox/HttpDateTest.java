package dev.tethys.collect.exporter.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What each text is was asked of the real blackbox_exporter, or of RFC 9110. */
class HttpDateTest {
  private static final Instant WHEN = Instant.parse("2023-01-02T03:04:05Z");

  @Test
  void readsThreeForms() {
    assertThat(HttpDate.read("Mon, 02 Jan 2023 03:04:05 GMT")).isEqualTo(WHEN);
    assertThat(HttpDate.read("Monday, 02-Jan-23 03:04:05 GMT")).isEqualTo(WHEN);
    assertThat(HttpDate.read("Mon Jan  2 03:04:05 2023")).isEqualTo(WHEN);
    // the day of the week is not compared with the date
    assertThat(HttpDate.read("Fri, 02 jan 2023 03:04:05 GMT")).isEqualTo(WHEN);
    assertThat(HttpDate.read("Sunday, 06-Nov-94 08:49:37 GMT"))
        .isEqualTo(Instant.parse("1994-11-06T08:49:37Z"));
  }

  @Test
  void otherTextsAreEmpty() {
    for (String t :
        new String[] {
          "",
          "yesterday",
          "Mon, 2 Jan 2023 03:04:05 GMT",
          "Mon, 02 Jan 2023 03:04:05 +0000",
          "Mon, 32 Jan 2023 03:04:05 GMT",
          "Mon, 02 Foo 2023 03:04:05 GMT",
          "Mon, 02 Jan 2023 25:04:05 GMT",
          "Mon, 02 Jan 23 03:04:05 GMT"
        }) {
      assertThat(HttpDate.read(t)).as(t).isNull();
    }
  }
}
