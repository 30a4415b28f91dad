package dev.tethys.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "0s,0s",
    "0h,0s",
    "1ms,1ms",
    "90s,1m30s",
    "1h,1h",
    "24h,1d",
    "25h,25h",
    "7d,1w",
    "8d,8d",
    "365d,1y",
    "1y1w,372d",
    "10w5d3h2m1s7ms,1803h2m1s7ms"
  })
  void readsAndPrintsAsPrometheus(String in, String out) {
    assertThat(Durations.format(Durations.parse(in))).isEqualTo(out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "-1h", "1.5h", "1s1m", "1 h", "h", "1H", "5m5m", "00x"})
  void rejectsTheSameAsPrometheus(String s) {
    assertThatThrownBy(() -> Durations.parse(s)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void hasTheRangeOfNanosecondsIn64Bits() {
    assertThat(Durations.parse("292y")).isEqualTo(Duration.ofDays(292 * 365));
    assertThatThrownBy(() -> Durations.parse("293y")).hasMessage("duration out of range");
    assertThatThrownBy(() -> Durations.parse("99999999999999999999h"))
        .hasMessage("duration out of range");
  }

  @Property
  void everyDurationRoundTrips(@ForAll @LongRange(min = 0, max = 9_000_000_000_000L) long ms) {
    assertThat(Durations.parse(Durations.format(Duration.ofMillis(ms))).toMillis()).isEqualTo(ms);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0B",
    "15MB,15MiB",
    "15MiB,15MiB",
    "1.5GB,1GiB512MiB",
    "1GB512MB,1GiB512MiB",
    "100B,100B",
    "1EB,1EiB",
    "-1GB,-1GiB"
  })
  void readsAndPrintsSizes(String in, String out) {
    assertThat(ByteSize.parse(in)).hasToString(out);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "100", "1kb", "MB", "1 MB", "1XB", "9EB", "1M", ".MB", "-"})
  void refusesSizes(String s) {
    assertThatThrownBy(() -> ByteSize.parse(s)).isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void everySizeRoundTrips(@ForAll @LongRange(min = 0) long n) {
    assertThat(ByteSize.parse(new ByteSize(n).toString()).bytes()).isEqualTo(n);
  }
}
