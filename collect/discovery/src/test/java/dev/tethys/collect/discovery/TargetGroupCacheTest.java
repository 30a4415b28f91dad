package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.tethys.model.Labels;
import java.util.List;
import org.junit.jupiter.api.Test;

class TargetGroupCacheTest {
  private final TargetGroupCache known = new TargetGroupCache("list", "__meta_url");

  private static TargetGroup group(String target, String version) {
    return new TargetGroup(
        "", List.of(Labels.of("__address__", target)), Labels.of("version", version));
  }

  @Test
  void unchangedListIsTheSameObject() {
    List<TargetGroup> first = known.take(List.of(group("a:1", "1"), group("b:1", "1")));
    assertThat(first)
        .extracting(TargetGroup::source, g -> g.labels().toString())
        .containsExactly(
            tuple("list:0", "{__meta_url=\"list\", version=\"1\"}"),
            tuple("list:1", "{__meta_url=\"list\", version=\"1\"}"));
    assertThat(known.take(List.of(group("a:1", "1"), group("b:1", "1")))).isSameAs(first);
    assertThat(known.groups()).isSameAs(first);
    assertThat(first.get(1).labels())
        .as("labels that groups share")
        .isSameAs(first.get(0).labels());
  }

  @Test
  void shiftedListReusesKnownElements() {
    List<TargetGroup> first =
        known.take(List.of(group("a:1", "1"), group("b:1", "1"), group("c:1", "2")));
    List<TargetGroup> next =
        known.take(List.of(group("b:1", "1"), group("c:1", "3"), group("c:1", "2")));
    assertThat(next).extracting(TargetGroup::source).containsExactly("list:0", "list:1", "list:2");
    assertThat(next.get(0))
        .isEqualTo(new TargetGroup("list:0", first.get(1).targets(), first.get(1).labels()));
    assertThat(next.get(0).targets()).isSameAs(first.get(1).targets());
    assertThat(next.get(1).targets()).isSameAs(first.get(2).targets());
    assertThat(next.get(1).labels().get("version")).isEqualTo("3");
    assertThat(next.get(2)).isSameAs(first.get(2));
    assertThat(known.take(List.of(group("b:1", "1")))).hasSize(1);
    assertThat(known.take(List.of())).isEmpty();
  }
}
