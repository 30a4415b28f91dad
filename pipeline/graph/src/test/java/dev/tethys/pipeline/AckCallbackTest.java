package dev.tethys.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AckCallbackTest {
  private final List<Outcome> told = new ArrayList<>();

  @Test
  void settlesAFanOutOnceWithTheWorstOutcome() {
    AckCallback r = AckCallback.join(told::add, 3);
    Outcome rejected = new Outcome.Rejected("no", 2);
    Outcome later = new Outcome.Unavailable("full", Duration.ofSeconds(3));
    r.complete(later);
    r.complete(rejected);
    assertThat(told).isEmpty();
    r.complete(Outcome.ACCEPTED);
    assertThat(told).containsExactly(later);
    assertThatThrownBy(() -> r.complete(Outcome.ACCEPTED))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void distributesRejectedItemsOfAMergedBatchOnce() {
    List<Outcome> a = new ArrayList<>();
    List<Outcome> b = new ArrayList<>();
    List<Outcome> c = new ArrayList<>();
    AckCallback all =
        AckCallback.all(
            List.of(
                new AckCallback.Part(a::add, 10),
                new AckCallback.Part(b::add, 0),
                new AckCallback.Part(c::add, 30)));
    all.complete(new Outcome.Rejected("bad", 20));
    assertThat(a).containsExactly(new Outcome.Rejected("bad", 5));
    assertThat(b).containsExactly(Outcome.ACCEPTED);
    assertThat(c).containsExactly(new Outcome.Rejected("bad", 15));
  }

  @Test
  void findsMetadataInAnyCase() {
    Metadata m = new Metadata(Map.of("X-Scope-OrgID", List.of("a"), "other", List.of("b")));
    assertThat(m.get("x-scope-orgid")).containsExactly("a");
    assertThat(m.only(List.of("X-SCOPE-ORGID", "absent")).values())
        .isEqualTo(Map.of("x-scope-orgid", List.of("a")));
    assertThat(m.only(List.of("absent"))).isSameAs(Metadata.NONE);
  }
}
