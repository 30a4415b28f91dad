package dev.tethys.collect.kubernetes.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Names of metrics and labels. */
class StateNamesTest {
  private static List<String> lines(String resource) throws Exception {
    try (InputStream in =
        Objects.requireNonNull(StateNamesTest.class.getResourceAsStream(resource))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.startsWith("#") && !l.isBlank())
          .toList();
    }
  }

  private static Map<String, List<String>> labels() {
    Map<String, List<String>> out = new HashMap<>();
    for (StateKind k : StateKinds.ALL) {
      k.families().forEach(f -> out.put(f.name(), f.labelNames()));
    }
    return out;
  }

  @Test
  void hasTheMetricsAndLabelsOfDashboards() throws Exception {
    Map<String, List<String>> all = labels();
    for (String line : lines("dashboards.txt")) {
      String[] words = line.split(" ");
      assertThat(all).as(line).containsKey(words[0]);
      assertThat(all.get(words[0]))
          .as(line)
          .containsAll(Arrays.asList(words).subList(1, words.length));
    }
  }

  @Test
  void hasTheMetricsOfKubeStateMetrics() throws Exception {
    assertThat(labels().keySet()).containsAll(lines("names.txt"));
  }

  @Test
  void hasEachNameOnceInTheApi() {
    Set<String> seen = new HashSet<>();
    for (StateKind k : StateKinds.ALL) {
      Set<String> own = new HashSet<>();
      k.families().forEach(f -> assertThat(own.add(f.name())).as(f.name()).isTrue());
      if (!k.custom()) {
        own.forEach(name -> assertThat(seen.add(name)).as(name).isTrue());
      }
    }
  }
}
