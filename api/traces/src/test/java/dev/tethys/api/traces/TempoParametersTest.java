package dev.tethys.api.traces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.query.traceql.TraceQuery;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpException;
import dev.tethys.web.Params;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TempoParametersTest {
  private static final long NOW = 1_700_000_000_000_000_000L;

  private static TempoParameters of(String query) {
    return new TempoParameters(Params.parse(query), NOW);
  }

  @Test
  void respondsToTheRecordedRequests() throws Exception {
    List<String> failures = new ArrayList<>();
    int cases = 0;
    for (String line :
        Files.readAllLines(Shared.conformance("tempo").resolve("api/search-params.jsonl"))) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(line));
      if (!"QuerierParseSearchRequest".equals(c.get("test"))) {
        continue;
      }
      cases++;
      String found = "";
      try {
        TempoParameters p = of(String.valueOf(c.get("url_query")));
        p.limit(20);
        p.seconds(1);
        p.query();
        if (c.get("want") instanceof Attributes want) {
          Map<String, String> tags = new LinkedHashMap<>();
          ((Attributes) Objects.requireNonNull(want.get("Tags")))
              .forEach((k, v) -> tags.put(k, String.valueOf(v)));
          if (!p.tags().equals(tags)) {
            found = "tags " + p.tags();
          }
          if (p.spansPerSpanset() != (Long) Objects.requireNonNull(want.get("SpansPerSpanSet"))) {
            found = "spss " + p.spansPerSpanset();
          }
        } else {
          found = "accepted";
        }
        p.spansPerSpanset();
      } catch (HttpException e) {
        found =
            String.valueOf(e.getMessage()).equals(c.get("error"))
                ? ""
                : String.valueOf(e.getMessage());
        if (c.get("error") == null) {
          found = "refused: " + e.getMessage();
        }
      }
      if (!found.isEmpty()) {
        failures.add(c.get("id") + ": " + found + ", expected " + c);
      }
    }
    assertThat(cases).isGreaterThan(15);
    assertThat(failures).isEmpty();
  }

  @Test
  void tagsBecomeAValidQuery() {
    assertThat(of("tags=a%3Db+c%3D%22x+y%22&minDuration=1s&maxDuration=2s").query())
        .isEqualTo(
            "{ .a = `b` } && { .c = `x y` } && { traceDuration >= 1000000000ns }"
                + " && { traceDuration <= 2000000000ns }");
    assertThat(of("tags=error%3Dtrue+n%3D5").query())
        .isEqualTo(
            "{ status = error || .error = true || .error = \"true\" } && { .n = `5` || .n = 5 }");
    assertThat(of("").query()).isEqualTo("{ }");
    for (String tags :
        List.of("a=b", "name=x", "error=true", "status=error", "n=-5.5", "b=true", "a}b=%60")) {
      String query = of("tags=" + tags).query();
      assertThat(TraceQuery.parse(query).toString()).as(query).isNotEmpty();
    }
    assertThatThrownBy(() -> of("tags=a%3D%22b").query()).hasMessageContaining("closing quote");
  }

  @Test
  void searchEndsAtFirstNanosecondOfItsSecond() {
    TempoParameters.Range r = of("start=1700000000&end=1700003600").seconds(1);
    assertThat(r.from()).isEqualTo(NOW);
    assertThat(r.to()).isEqualTo(NOW + 3600 * TempoParameters.SECOND + 1);
  }

  @Test
  void timesAndSteps() {
    TempoParameters.Range r = of("start=1700000000&end=1700003600").metrics();
    assertThat(r.from()).isEqualTo(NOW);
    assertThat(r.to()).isEqualTo(NOW + 3600 * TempoParameters.SECOND);
    assertThat(of("start=1700000000000000000&end=1700000000.5").metrics().to())
        .isEqualTo(NOW + 500_000_000L);
    assertThat(of("start=2023-11-14T22:13:20Z&end=1700000001").metrics().from()).isEqualTo(NOW);
    assertThat(of("since=5m").metrics().from()).isEqualTo(NOW - 300 * TempoParameters.SECOND);
    assertThat(of("step=14").step(r)).isEqualTo(14 * TempoParameters.SECOND);
    assertThat(of("step=1m").step(r)).isEqualTo(60 * TempoParameters.SECOND);
    assertThat(of("").step(r)).isEqualTo(15 * TempoParameters.SECOND);
    for (String bad : List.of("step=0", "step=-1s", "step=x")) {
      assertThatThrownBy(() -> of(bad).step(r)).isInstanceOf(HttpException.class);
    }
    for (String bad : List.of("start=x", "start=5&end=4", "end=99999999999999999999")) {
      assertThatThrownBy(() -> of(bad).metrics()).isInstanceOf(HttpException.class);
    }
  }
}
