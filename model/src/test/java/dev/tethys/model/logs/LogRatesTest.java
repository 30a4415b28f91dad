package dev.tethys.model.logs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import org.junit.jupiter.api.Test;

class LogRatesTest {
  private static final LogRates.Rate TEN = new LogRates.Rate(10, 10);

  private long nanos;

  private static LogBatch batch(String... streamsAndLines) {
    LogBatch b = new LogBatch();
    for (int i = 0; i < streamsAndLines.length; i += 2) {
      byte[] line = streamsAndLines[i + 1].getBytes(UTF_8);
      b.add(1, b.stream(Labels.of("app", streamsAndLines[i])), line, 0, line.length);
    }
    return b;
  }

  @Test
  void limitsEachStreamSeparately() {
    LogRates rates = new LogRates(t -> new LogRates.Rates(null, TEN), () -> nanos);
    assertThat(rates.refusal("t", batch("a", "12345678", "b", "1234567890"))).isNull();
    LogRates.Refusal r =
        requireNonNull(rates.refusal("t", batch("c", "1234567890", "a", "123", "b", "")));
    assertThat(r.reason()).isEqualTo("per_stream_rate_limit");
    assertThat(r.stream()).isEqualTo(1);
    assertThat(r.error())
        .hasMessageContaining("(limit: 10 bytes/sec)")
        .hasMessageContaining("{app=\"a\"}");
    // Nothing of the refused batch counts: c has its whole burst.
    assertThat(rates.refusal("t", batch("c", "1234567890"))).isNull();
    nanos = 1_000_000_000;
    assertThat(rates.refusal("t", batch("a", "1234567890"))).isNull();
  }

  @Test
  void tenantRejectionRefundsStreams() {
    LogRates rates = new LogRates(t -> new LogRates.Rates(TEN, TEN), () -> nanos);
    assertThat(rates.refusal("t", batch("a", "1234567890"))).isNull();
    LogRates.Refusal r = requireNonNull(rates.refusal("t", batch("b", "1234567890")));
    assertThat(r.reason()).isEqualTo("rate_limited");
    assertThat(r.stream()).isEqualTo(-1);
    nanos = 1_000_000_000;
    assertThat(rates.refusal("t", batch("b", "1234567890"))).isNull();
    assertThat(rates.refusal("u", batch("b", "1234567890"))).isNull();
  }
}
