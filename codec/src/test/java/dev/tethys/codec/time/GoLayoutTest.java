package dev.tethys.codec.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoLayoutTest {
  private static final long NOW = nanos("2020-07-01T00:00:00Z");

  private static long nanos(String instant) {
    Instant i = Instant.parse(instant);
    return i.getEpochSecond() * 1_000_000_000L + i.getNano();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ANSIC       | Mon Jan  2 15:04:05 2006              | 2006-01-02T15:04:05Z
          ANSIC       | Mon Jan 12 15:04:05 2006              | 2006-01-12T15:04:05Z
          UnixDate    | Mon Jan  2 15:04:05 UTC 2006          | 2006-01-02T15:04:05Z
          RubyDate    | Mon Jan 02 15:04:05 -0700 2006        | 2006-01-02T22:04:05Z
          RFC822      | 02 Jan 06 15:04 GMT                   | 2006-01-02T15:04:00Z
          RFC822Z     | 02 Jan 06 15:04 +0200                 | 2006-01-02T13:04:00Z
          RFC850      | Monday, 02-Jan-06 15:04:05 UTC        | 2006-01-02T15:04:05Z
          RFC1123     | Mon, 02 Jan 2006 15:04:05 UTC         | 2006-01-02T15:04:05Z
          RFC1123Z    | Mon, 02 Jan 2006 15:04:05 -0700       | 2006-01-02T22:04:05Z
          RFC3339     | 2006-01-02T15:04:05-07:00             | 2006-01-02T22:04:05Z
          RFC3339     | 2006-01-02T15:04:05.25Z               | 2006-01-02T15:04:05.25Z
          RFC3339Nano | 2006-01-02T15:04:05.999999999Z        | 2006-01-02T15:04:05.999999999Z
          RFC3339Nano | 2006-01-02T15:04:05.1234567891Z       | 2006-01-02T15:04:05.123456789Z
          RFC3339Nano | 2006-01-02T5:04:05Z                   | 2006-01-02T05:04:05Z
          RFC3339Nano | 2006-01-02T15:04:05,5+05:30           | 2006-01-02T09:34:05.5Z
          RFC3339Nano | 2006-02-29T15:04:05Z                  |
          RFC3339Nano | 2004-02-29T15:04:05Z                  | 2004-02-29T15:04:05Z
          RFC3339Nano | 2006-01-02 15:04:05Z                  |
          RFC3339Nano | 2006-01-02T15:04:05                   |
          RFC3339Nano | 2006-01-02T24:04:05Z                  |
          RFC3339Nano | 0001-01-01T00:00:00Z                  |
          RFC3339Nano | 20x6-01-02T15:04:05Z                  |
          Unix        | 1562708916                            | 2019-07-09T21:48:36Z
          Unix        | 1562708916.000000123                  | 2019-07-09T21:48:36.000000123Z
          Unix        | 1562708916.12                         | 2019-07-09T21:48:36.12Z
          Unix        | 1562708916.1.2                        |
          UnixMs      | 1562708916414                         | 2019-07-09T21:48:36.414Z
          UnixUs      | 1562708916414123                      | 2019-07-09T21:48:36.414123Z
          UnixNs      | 1562708916000000123                   | 2019-07-09T21:48:36.000000123Z
          UnixNs      | 1562708916.123                        |
          2006-01-02 15:04:05.000        | 2012-11-01 22:08:41.123        | 2012-11-01T22:08:41.123Z
          2006-01-02 15:04:05.000        | 2012-11-01 22:08:41.12         |
          2006-01-02 15:04:05            | 2012-11-01 22:08:41.5          | 2012-11-01T22:08:41.5Z
          2006-01-02 15:04:05.999        | 2012-11-01 22:08:41            | 2012-11-01T22:08:41Z
          2006/01/02 03:04:05 PM         | 2012/11/01 12:08:41 AM         | 2012-11-01T00:08:41Z
          2006/01/02 3:04:05 pm          | 2012/11/01 1:08:41 pm          | 2012-11-01T13:08:41Z
          02/Jan/2006:15:04:05 -0700     | 25/Jan/2000:14:00:01 -0500     | 2000-01-25T19:00:01Z
          2006 002                       | 2004 060                       | 2004-02-29T00:00:00Z
          2006 __2                       | 2004  61                       | 2004-03-01T00:00:00Z
          2006-1-2 3h4m5s                | 2012-3-4 5h6m7s                | 2012-03-04T05:06:07Z
          January 2, 2006                | NOVEMBER 1, 2012               | 2012-11-01T00:00:00Z
          Jan _2 15:04:05                | Jun  3 10:11:12                | 2020-06-03T10:11:12Z
          Jan _2 15:04:05                | Feb 29 10:11:12                | 2020-02-29T10:11:12Z
          2006-01-02T15:04:05Z07         | 2012-11-01T22:08:41+02         | 2012-11-01T20:08:41Z
          2006-01-02T15:04:05-07:00:00   | 2012-11-01T22:08:41+02:00:30   | 2012-11-01T20:08:11Z
          2006-01-02_2006                | 2012-11-01_2012                | 2012-11-01T00:00:00Z
          20060102150405                 | 20121101220841                 | 2012-11-01T22:08:41Z
          """)
  void readsFormatsLikeGo(String format, String text, String expected) {
    long v = TimeFormat.of(format, null).read(text, NOW);
    if (expected == null) {
      assertThat(v).isEqualTo(GoLayout.NONE);
    } else {
      assertThat(v).isEqualTo(nanos(expected));
    }
  }

  @Test
  void timesWithoutZoneUseTheLocation() {
    ZoneId ny = ZoneId.of("America/New_York");
    TimeFormat f = TimeFormat.of("2006-01-02 15:04:05", ny);
    assertThat(f.read("2019-07-09 21:48:36", NOW)).isEqualTo(nanos("2019-07-10T01:48:36Z"));
    assertThat(f.read("2019-01-09 21:48:36", NOW)).isEqualTo(nanos("2019-01-10T02:48:36Z"));
    TimeFormat named = TimeFormat.of("2006-01-02 15:04:05 MST", ny);
    assertThat(named.read("2019-07-09 21:48:36 EDT", NOW)).isEqualTo(nanos("2019-07-10T01:48:36Z"));
    assertThat(named.read("2019-07-09 21:48:36 EST", NOW)).isEqualTo(nanos("2019-07-10T02:48:36Z"));
    assertThat(named.read("2019-07-09 21:48:36 XYZ", NOW)).isEqualTo(nanos("2019-07-09T21:48:36Z"));
    assertThat(TimeFormat.of("RFC3339", ny).read("2019-07-09T21:48:36Z", NOW))
        .isEqualTo(nanos("2019-07-09T21:48:36Z"));
  }

  @Test
  void resolvesForeignZoneAbbreviationsIfConfigured() {
    GoLayout f =
        new GoLayout("2006-01-02 15:04 MST", ZoneId.of("UTC"), ZoneId.of("UTC"))
            .naming(java.util.Map.of("EDT", ZoneId.of("America/New_York")));
    assertThat(f.namesZones()).isTrue();
    assertThat(f.read("2019-07-09 21:48 EDT", NOW)).isEqualTo(nanos("2019-07-10T01:48:00Z"));
    assertThat(f.read("2019-07-09 21:48 CET", NOW)).isEqualTo(nanos("2019-07-09T20:48:00Z"));
    assertThat(f.read("2019-07-09 21:48 MST", NOW)).isEqualTo(nanos("2019-07-10T04:48:00Z"));
    assertThat(f.read("2019-07-09 21:48 XYZ", NOW)).isEqualTo(GoLayout.NONE);
    assertThat(new GoLayout("2006-01-02", null, ZoneId.of("UTC")).namesZones()).isFalse();
  }

  @Test
  void missingYearIsTheNearest() {
    GoLayout f = new GoLayout("Jan _2 15:04:05", null, ZoneId.of("UTC"));
    assertThat(f.read("Dec 31 23:59:59", nanos("2021-01-01T00:00:05Z")))
        .isEqualTo(nanos("2020-12-31T23:59:59Z"));
    assertThat(f.read("Jan  1 00:00:05", nanos("2020-12-31T23:59:59Z")))
        .isEqualTo(nanos("2021-01-01T00:00:05Z"));
    assertThat(f.read("Feb 29 00:00:05", nanos("2021-03-01T00:00:00Z")))
        .isEqualTo(nanos("2021-03-01T00:00:05Z"));
  }

  @Property(tries = 300)
  void readsOrRejectsAnyText(@ForAll String text) {
    for (String name : TimeFormat.LAYOUTS.keySet()) {
      TimeFormat.of(name, null).read(text, NOW);
    }
    TimeFormat.of(text, null).read("2012-11-01 22:08:41", NOW);
    TimeFormat.of("Unix", null).read(text, NOW);
  }

  @Property(tries = 500)
  void fastAndGeneralReadingAgree(@ForAll int seconds, @ForAll int nanos) {
    Instant i = Instant.ofEpochSecond(seconds, nanos & 0x3fffffff);
    long fast = TimeFormat.of("RFC3339Nano", null).read(i.toString(), NOW);
    String layout = TimeFormat.LAYOUTS.get("RFC3339Nano");
    long general =
        new GoLayout(String.valueOf(layout), null, ZoneId.of("UTC")).read(i.toString(), NOW);
    assertThat(fast)
        .isEqualTo(general)
        .isEqualTo(i.getEpochSecond() * 1_000_000_000L + i.getNano());
  }
}
