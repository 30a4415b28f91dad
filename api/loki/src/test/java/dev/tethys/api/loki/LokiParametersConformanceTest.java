package dev.tethys.api.loki;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpException;
import dev.tethys.web.Params;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LokiParametersConformanceTest {
  private static final long NOW = 3600L * 1_000_000_000L;

  private static LokiParameters of(String query, long now) {
    return new LokiParameters(Params.parse(query), now, Scope.DEFAULT);
  }

  private static String query(String path) {
    return path.substring(path.indexOf('?') + 1).replace("\"", "%22");
  }

  private static long number(Attributes c, String name) {
    return Long.parseLong(String.valueOf(c.get(name)));
  }

  @Test
  void readsParametersLikeLoki() throws IOException {
    List<String> wrong = new ArrayList<>();
    int cases = 0;
    for (String text : Files.readAllLines(Shared.conformance("loki").resolve("api/params.jsonl"))) {
      Attributes c = (Attributes) Objects.requireNonNull(JsonValues.read(text));
      String problem = problem(c);
      cases++;
      if (problem != null) {
        wrong.add(text + " -> " + problem);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(cases).isEqualTo(61);
  }

  private static @Nullable String problem(Attributes c) {
    boolean error = Boolean.TRUE.equals(c.get("error"));
    try {
      String got = check(c);
      return error ? "is not refused" : got;
    } catch (HttpException e) {
      return error ? null : e.getMessage();
    }
  }

  private static @Nullable String check(Attributes c) {
    String what = String.valueOf(c.get("what"));
    switch (what) {
      case "timestamp" -> {
        String v = String.valueOf(c.get("value"));
        if (v.isEmpty()) {
          return of("", 77).time("t", 77) == 77 ? null : "default";
        }
        return equal(of("t=" + v.replace("+", "%2B"), 0).time("t", 0), number(c, "want_ns"));
      }
      case "bounds" -> {
        StringBuilder q = new StringBuilder();
        for (String n : List.of("start", "end", "since")) {
          q.append(n).append('=').append(String.valueOf(c.get(n)).replace("'", "%27")).append('&');
        }
        LokiParameters.Range r = of(q.toString(), number(c, "now_ns")).range();
        String s = equal(r.start(), number(c, "want_start_ns"));
        return s == null ? equal(r.end(), number(c, "want_end_ns")) : s;
      }
      case "default step" -> {
        long range = number(c, "range_s") * LokiParameters.SECOND;
        return equal(
            of("", 0).step(new LokiParameters.Range(0, range)),
            number(c, "want_step_s") * LokiParameters.SECOND);
      }
      case "range step", "interval", "patterns" -> {
        LokiParameters p = of(query(String.valueOf(c.get("path"))), NOW);
        LokiParameters.Range r =
            what.equals("patterns") ? p.range(LokiParameters.HOUR) : p.orderedRange();
        if (c.get("want_interval_s") != null) {
          return equal(p.interval(), number(c, "want_interval_s") * LokiParameters.SECOND);
        }
        long step = p.step(r);
        p.interval();
        if (c.get("want_step_ms") != null) {
          return equal(step, number(c, "want_step_ms") * 1_000_000);
        }
        return c.get("want_step_s") == null
            ? null
            : equal(
                step,
                (long)
                    (Double.parseDouble(String.valueOf(c.get("want_step_s")))
                        * LokiParameters.SECOND));
      }
      case "ParseRangeQuery" -> {
        LokiParameters p = of(query(String.valueOf(c.get("path"))), NOW);
        LokiParameters.Range r = p.orderedRange();
        p.step(r);
        p.interval();
        p.limit();
        p.direction();
        return null;
      }
      case "ParseInstantQuery" -> {
        LokiParameters p = of(query(String.valueOf(c.get("path"))), NOW);
        p.time();
        p.limit();
        p.direction();
        return null;
      }
      case "ParseTailQuery" -> {
        LokiParameters p = of(query(String.valueOf(c.get("path"))), NOW);
        p.time("start", NOW);
        p.limit();
        p.delay();
        return null;
      }
      case "ParseLabelQuery" -> {
        of(query(String.valueOf(c.get("path"))), NOW).range();
        return null;
      }
      default -> {
        return "is of an unknown kind";
      }
    }
  }

  private static @Nullable String equal(long got, long want) {
    return got == want ? null : got + " instead of " + want;
  }
}
