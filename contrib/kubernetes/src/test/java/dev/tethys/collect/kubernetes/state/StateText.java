package dev.tethys.collect.kubernetes.state;

import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.model.exposition.MetricFamily;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;

/** Series of objects as lines of text. */
final class StateText {
  private StateText() {}

  /** Kind of a resource. */
  static StateKind kind(String resource) {
    return StateKinds.ALL.stream()
        .filter(k -> k.resource().equals(resource))
        .findFirst()
        .orElseThrow();
  }

  /** Lines of an object, without comments. */
  static List<String> of(String resource, String json) {
    StateKind kind = kind(resource);
    StateObject o = kind.read(JsonMapper.shared().readTree(json), new SeriesBuffer());
    List<MetricFamily> families = new ArrayList<>();
    kind.addFamilies(List.of(o), Long.MAX_VALUE, Shard.ALL, families);
    return lines(families);
  }

  static List<String> lines(List<MetricFamily> families) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w =
        ExpositionWriter.of(ExpositionFormat.negotiate("", ExpositionFormat.ALL), out);
    families.forEach(w::write);
    w.finish();
    return out.toString(StandardCharsets.UTF_8).lines().filter(l -> !l.startsWith("#")).toList();
  }
}
