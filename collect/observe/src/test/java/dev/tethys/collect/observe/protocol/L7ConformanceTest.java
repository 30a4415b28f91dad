package dev.tethys.collect.observe.protocol;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** First bytes of requests, read as Coroot's node agent reads them. */
class L7ConformanceTest {
  private static final Set<String> PROTOCOLS = Set.of("http", "redis");

  @TestFactory
  List<DynamicTest> payloadsAreReadAsCorootReadsThem() throws Exception {
    List<DynamicTest> tests = new ArrayList<>();
    for (String line : Files.readAllLines(Shared.conformance("coroot/node-agent/l7.jsonl"))) {
      Map<?, ?> test = (Map<?, ?>) requireNonNull(JsonReader.read(line));
      if (!PROTOCOLS.contains(test.get("protocol"))) {
        continue;
      }
      tests.add(
          DynamicTest.dynamicTest(
              String.valueOf(test.get("id")),
              () -> assertThat(read(test)).isEqualTo(wanted(test))));
    }
    return tests;
  }

  /** Expected result; keys of Redis are masked, which Coroot shows. */
  private static Map<String, Object> wanted(Map<?, ?> test) {
    Map<String, Object> out = new LinkedHashMap<>();
    ((Map<?, ?>) requireNonNull(test.get("want"))).forEach((k, v) -> out.put((String) k, v));
    if (requireNonNull(test.get("protocol")).equals("redis")) {
      out.computeIfPresent("args", (_, args) -> ((String) args).replaceFirst("^[^ ]+", "?"));
    }
    return out;
  }

  private static Map<String, Object> read(Map<?, ?> test) {
    byte[] bytes = HexFormat.of().parseHex((String) requireNonNull(test.get("payload_hex")));
    StreamBuffer in = new StreamBuffer();
    // The rest of a longer message is not captured.
    in.append(bytes, 0, bytes.length, bytes.length + 1, 0);
    String protocol = (String) requireNonNull(test.get("protocol"));
    Map<String, Object> out = new LinkedHashMap<>();
    switch (protocol) {
      case "http" -> {
        String[] line = requireNonNull(Http1Parser.requestLine(in, in.available()));
        out.put("method", line[0]);
        out.put("path", line[1]);
      }
      case "redis" -> {
        List<ObservedRequest> found = new ArrayList<>();
        ProtocolConnection c = new ProtocolConnection(found::add, new ProtocolCounters(), null);
        c.feed(Direction.SENT, 0, bytes, 0, bytes.length, bytes.length);
        c.feed(Direction.RECEIVED, 1, new byte[] {'+', '\r', '\n'}, 0, 3, 3);
        String statement = found.getFirst().statement();
        int space = statement.indexOf(' ');
        out.put("command", statement.substring(0, space));
        out.put("args", statement.substring(space + 1));
      }
      default -> throw new AssertionError("no reader for " + protocol);
    }
    return out;
  }
}
