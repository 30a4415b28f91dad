package dev.tethys.api.traces;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.query.traceql.FoundTrace;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceSearchResult;
import dev.tethys.query.traceql.TraceSeriesResult;
import dev.tethys.query.traceql.TraceStatistics;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

@Tag("slow")
class SearchJsonTest {
  private static final int LIMIT = 1 << 20;
  private static final TraceStatistics NOTHING = new TraceStatistics(0, 0, 0, 0);

  /** Traces of more different texts than are kept in quoted form, each of them twice. */
  private static List<FoundTrace> traces(int n) {
    List<FoundTrace> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      int text = i / 2;
      String odd = "\"" + text + "\\\n\u0001漢" + (text % 50 == 0 ? "y".repeat(300) : "");
      TreeMap<String, FoundTrace.ServiceStats> services = new TreeMap<>();
      services.put("s" + odd, new FoundTrace.ServiceStats(i + 1, i % 3));
      services.put("z", new FoundTrace.ServiceStats(1, 0));
      List<NamedValue> attributes =
          List.of(
              new NamedValue("span.kind", new TraceValue.Text(odd)),
              new NamedValue("\"n\"", new TraceValue.Int(i)));
      FoundTrace.FoundSpan span =
          new FoundTrace.FoundSpan(i, i % 5 == 0 ? "" : odd, i, i + 1, attributes);
      FoundTrace.Spanset set =
          new FoundTrace.Spanset(
              List.of(span, span), 7, List.of(new NamedValue("by(.x)", new TraceValue.Text(odd))));
      out.add(
          new FoundTrace(
              i,
              -i,
              i % 7 == 0 ? null : "s" + odd,
              odd,
              i,
              i * 1_000_000L,
              List.of(set),
              services));
    }
    return out;
  }

  @Test
  void readsEachTextBackUnchanged() {
    List<FoundTrace> traces = traces(12_000);
    BoundedText answer = new BoundedText(n -> {}, 64 << 20);
    SearchJson.write(new TraceSearchResult(traces, NOTHING, List.of()), false, answer);
    JsonNode read =
        new ObjectMapper().readTree(new String(answer.text.toByteArray(), UTF_8)).get("traces");
    assertThat(read.size()).isEqualTo(traces.size());
    for (int i = 0; i < traces.size(); i++) {
      FoundTrace t = traces.get(i);
      JsonNode j = read.get(i);
      assertThat(j.get("traceID").asString()).isEqualTo(t.traceId());
      assertThat(j.get("rootServiceName").asString())
          .isEqualTo(t.rootService() == null ? TempoJson.NO_ROOT : t.rootService());
      assertThat(j.get("rootTraceName").asString()).isEqualTo(t.rootName());
      assertThat(j.get("durationMs").asInt()).isEqualTo(i);
      assertThat(j.get("serviceStats").propertyNames())
          .containsExactlyElementsOf(t.services().keySet());
      JsonNode set = j.get("spanSets").get(0);
      JsonNode span = set.get("spans").get(1);
      FoundTrace.FoundSpan s = t.spansets().getFirst().spans().getFirst();
      assertThat(span.get("spanID").asString()).isEqualTo("%016x".formatted(i));
      assertThat(span.has("name")).isEqualTo(!s.name().isEmpty());
      assertThat(span.get("attributes").get(0).get("key").asString()).isEqualTo("span.kind");
      assertThat(span.get("attributes").get(0).get("value").get("stringValue").asString())
          .isEqualTo(t.rootName());
      assertThat(span.get("attributes").get(1).toString())
          .isEqualTo("{\"key\":\"\\\"n\\\"\",\"value\":{\"intValue\":\"" + i + "\"}}");
      assertThat(set.get("matched").asInt()).isEqualTo(7);
      assertThat(set.get("attributes").get(0).get("key").asString()).isEqualTo("by(.x)");
    }
  }

  /** Answers end when they are too large, not when memory is. */
  @Test
  void largeAnswersEndSoon() {
    List<FoundTrace> traces = Collections.nCopies(100_000_000, traces(1).getFirst());
    BoundedText search = new BoundedText(n -> {}, LIMIT);
    assertThatThrownBy(
            () ->
                SearchJson.write(new TraceSearchResult(traces, NOTHING, List.of()), false, search))
        .isInstanceOf(HttpException.class)
        .hasMessageContaining("larger than 1 MiB");
    assertThat(search.text.size()).isLessThan(2 * LIMIT);

    double[] values = new double[1000];
    TraceSeriesResult.Series one = new TraceSeriesResult.Series(List.of(), values, List.of());
    TraceSeriesResult series =
        new TraceSeriesResult(
            new long[1000], Collections.nCopies(100_000_000, one), NOTHING, List.of());
    BoundedText range = new BoundedText(n -> {}, LIMIT);
    assertThatThrownBy(() -> TempoJson.range(series, range)).isInstanceOf(HttpException.class);
    assertThat(range.text.size()).isLessThan(2 * LIMIT);
  }

  /** The space that the first traces let expect is accounted for once, and not copied later. */
  @Test
  void longResponsesAreNotCopied() {
    long[] reserved = {0};
    BoundedText answer = new BoundedText(n -> reserved[0] += n, 64 << 20);
    List<FoundTrace> traces = Collections.nCopies(2_000, traces(1).getFirst());
    SearchJson.write(new TraceSearchResult(traces, NOTHING, List.of()), false, answer);
    assertThat(answer.text.size()).isGreaterThan(1 << 20);
    assertThat(answer.text.capacity()).isLessThan(answer.text.size() + (answer.text.size() >> 3));
    assertThat(reserved[0]).isBetween((long) answer.text.size(), answer.text.size() + (2L << 20));
  }
}
