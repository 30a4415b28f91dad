package dev.tethys.model.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.telemetry.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpanRecorderTest {
  private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  private final List<Span> ended = new ArrayList<>();
  private final SpanRecorder recorder = new SpanRecorder();

  @Test
  void createsNothingWhileDisabled() {
    ActiveSpan s = recorder.begin("a", ActiveSpan.Kind.SERVER, TraceContext.of(PARENT, null));
    assertThat(s).isSameAs(ActiveSpan.NONE);
    assertThat(s.child("b")).isSameAs(ActiveSpan.NONE);
    assertThat(s.during(ActiveSpan::current)).isSameAs(ActiveSpan.NONE);
    assertThat(s.context()).isNull();
  }

  @Test
  void childrenBelongToTheCurrentSpanOfTheirThread() {
    recorder.recordTo(1, ended::add);
    try (ActiveSpan root = recorder.begin("root", ActiveSpan.Kind.SERVER, (TraceContext) null)) {
      root.during(
          () -> {
            try (ActiveSpan c = ActiveSpan.current().child("child", ActiveSpan.Kind.CLIENT)) {
              c.set("n", 3).failed("no");
            }
            return null;
          });
      root.set("late", "yes");
    }
    assertThat(ActiveSpan.current()).isSameAs(ActiveSpan.NONE);
    assertThat(ended).extracting(Span::name).containsExactly("child", "root");
    Span child = ended.get(0);
    Span root = ended.get(1);
    assertThat(child.parentSpanId()).isEqualTo(root.spanId()).isNotZero();
    assertThat(child.traceIdLow()).isEqualTo(root.traceIdLow());
    assertThat(child.statusCode()).isEqualTo(2);
    assertThat(child.attributes().get("n")).isEqualTo(3L);
    assertThat(root.parentSpanId()).isZero();
    assertThat(root.kind()).isEqualTo(2);
    assertThat(root.endTimeUnixNano()).isGreaterThanOrEqualTo(child.endTimeUnixNano());
  }

  @Test
  void parentElsewhereDecides() {
    recorder.recordTo(0, ended::add);
    TraceContext in = Objects.requireNonNull(TraceContext.of(PARENT, "vendor=1"));
    recorder.begin("recorded", ActiveSpan.Kind.SERVER, in).close();
    ActiveSpan other = recorder.begin("own", ActiveSpan.Kind.SERVER, (TraceContext) null);
    other.close();
    assertThat(ended).extracting(Span::name).containsExactly("recorded");
    assertThat(ended.getFirst().parentSpanId()).isEqualTo(0x00f067aa0ba902b7L);
    assertThat(ended.getFirst().flags()).isEqualTo(0x301);
    assertThat(ended.getFirst().traceState()).isEqualTo("vendor=1");
    // What is not recorded here is said to others not to be.
    assertThat(Objects.requireNonNull(other.context()).parent()).endsWith("-00");
    recorder.recordTo(1, ended::add);
    TraceContext not = TraceContext.of(PARENT.substring(0, 53) + "00", null);
    recorder.begin("refused by its sender", ActiveSpan.Kind.SERVER, not).close();
    assertThat(ended).hasSize(1);
  }

  @Test
  void selectsAFractionById() {
    recorder.recordTo(0.25, ended::add);
    int all = 40_000;
    for (int i = 0; i < all; i++) {
      recorder.begin("x", ActiveSpan.Kind.INTERNAL, (TraceContext) null).close();
    }
    assertThat(ended.size()).isBetween(all / 5, all * 3 / 10);
    assertThat(ended).allMatch(s -> s.traceIdLow() >>> 1 < 0x1p61);
  }

  @Test
  void readsContextsLikeTheStandard() {
    TraceContext c = Objects.requireNonNull(TraceContext.of(PARENT, null));
    assertThat(c.parent()).isEqualTo(PARENT);
    assertThat(c.traceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(TraceContext.of("cc" + PARENT.substring(2) + "-what-comes-later", null)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01"
      })
  void malformedContextsAreIgnored(String parent) {
    assertThat(TraceContext.of(parent, null)).isNull();
  }
}
