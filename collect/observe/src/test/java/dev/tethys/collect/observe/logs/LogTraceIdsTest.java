package dev.tethys.collect.observe.logs;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogTraceIdsTest {
  private static final LogTraceIds BOTH =
      new LogTraceIds(0x4bf92f3577b34da6L, 0xa3ce929d0e0e4736L, 0x00f067aa0ba902b7L);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"msg\":\"a\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"span_id\":\"00f067aa0ba902b7\"}",
        "{\"traceId\": \"4BF92F3577B34DA6A3CE929D0E0E4736\", \"spanId\": \"00F067AA0BA902B7\"}",
        "{\"@t\":\"2026\",\"@tr\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"@sp\":\"00f067aa0ba902b7\"}",
        "{\"otel.trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"otel.span_id\":\"00f067aa0ba902b7\"}",
        "{\"parent_span_id\":\"1111111111111111\",\"trace.id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"span.id\":\"00f067aa0ba902b7\"}",
        "level=info trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 msg=a",
      })
  void idsOfUsualFieldsAreFound(String message) {
    assertThat(LogTraceIds.of(message)).isEqualTo(BOTH);
  }

  @Test
  void otherTextsHaveNoLevel() {
    LogTraceIds none = new LogTraceIds(0, 0, 0);
    assertThat(LogTraceIds.of("trace_id=4bf92f35")).isEqualTo(none);
    assertThat(LogTraceIds.of("parent_trace_id=4bf92f3577b34da6a3ce929d0e0e4736")).isEqualTo(none);
    assertThat(LogTraceIds.of("stack trace")).isEqualTo(none);
    assertThat(LogTraceIds.of("trace_id=4bf92f3577b34da6a3ce929d0e0e4736").spanId()).isZero();
  }
}
