package dev.tethys.alert.manager.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.web.Params;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory of the expressions of one request. */
class MatcherMemoryTest {
  private static final String HEAVY = "(x.*y){300}";

  private static byte[] silence(int matchers) {
    String all =
        IntStream.range(0, matchers)
            .mapToObj(i -> "{\"name\":\"a\",\"isRegex\":true,\"value\":\"" + HEAVY + i + "\"}")
            .collect(Collectors.joining(","));
    return ("{\"matchers\":["
            + all
            + "],\"startsAt\":\"2026-01-01T00:00:00Z\",\"endsAt\":\"2026-01-02T00:00:00Z\","
            + "\"createdBy\":\"a\",\"comment\":\"b\"}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void boundsMatchersOfSilence() {
    assertThat(PostedJson.silence(silence(2)).matchers().all()).hasSize(2);
    assertThatThrownBy(() -> PostedJson.silence(silence(200)))
        .isInstanceOf(ApiError.class)
        .hasMessageContaining("bytes of memory; use fewer or simpler expressions");
  }

  @ParameterizedTest
  @ValueSource(strings = {"filter", "receiver_matchers"})
  void theFiltersOfARequestAreBounded(String name) {
    String one = name + "=" + URLEncoder.encode("a=~\"" + HEAVY + "\"", StandardCharsets.UTF_8);
    assertThat(Filters.read(Params.parse(one), MatcherSyntax.FALLBACK)).isNotNull();
    String many = IntStream.range(0, 200).mapToObj(i -> one).collect(Collectors.joining("&"));
    assertThatThrownBy(() -> Filters.read(Params.parse(many), MatcherSyntax.FALLBACK))
        .isInstanceOf(ApiError.class)
        .hasMessageContaining("bytes of memory; use fewer or simpler expressions");
  }
}
