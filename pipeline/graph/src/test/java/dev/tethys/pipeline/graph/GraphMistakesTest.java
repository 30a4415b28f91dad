package dev.tethys.pipeline.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GraphMistakesTest extends GraphCase {
  private List<String> mistakes(String yaml) {
    Throwable e = catchThrowable(() -> config(yaml));
    return Objects.requireNonNull(e.getMessage()).lines().toList();
  }

  @Test
  void reportsAllErrors() {
    assertThat(
            mistakes(
                """
                receivers: {in: {y: 1}, inn: , in/free: }
                processors: {pass: {x: one}}
                exporters: {out: {x: two, z: 3}}
                service:
                  extensions: [none]
                  pipelines:
                    logs/a: {receivers: [in, in/other], processors: [pass], exporters: [out, gone]}
                    traces: {receivers: [in], exporter: [out], exporters: [out]}
                    logs/b: {receivers: [in]}
                """))
        .satisfiesExactly(
            m -> assertThat(m).startsWith("c.yaml:1:18: unknown key \"y\""),
            m -> assertThat(m).startsWith("c.yaml:1:25: ").contains("inn"),
            m -> assertThat(m).startsWith("c.yaml:2:24: must be a whole number"),
            m -> assertThat(m).startsWith("c.yaml:3:22: must be a whole number"),
            m -> assertThat(m).startsWith("c.yaml:3:27: unknown key \"z\""),
            m -> assertThat(m).startsWith("c.yaml:5:16: extension \"none\" is not defined"),
            m -> assertThat(m).startsWith("c.yaml:7:30: receiver \"in/other\" is not defined"),
            m -> assertThat(m).startsWith("c.yaml:7:78: exporter \"gone\" is not defined"),
            m -> assertThat(m).startsWith("c.yaml:8:31: unknown key \"exporter\""));
  }

  @Test
  void reportsUnusedComponentsWithOtherErrors() {
    assertThat(
            mistakes(
                """
                receivers: {in: , in/free: }
                exporters: {out: {x: two}, out/free: }
                service: {pipelines: {logs: {receivers: [in], exporters: [out]}}}
                """))
        .satisfiesExactly(
            m -> assertThat(m).startsWith("c.yaml:1:19: ").contains("is not used"),
            m -> assertThat(m).startsWith("c.yaml:2:22: must be a whole number"),
            m -> assertThat(m).startsWith("c.yaml:2:28: ").contains("is not used"));
  }
}
