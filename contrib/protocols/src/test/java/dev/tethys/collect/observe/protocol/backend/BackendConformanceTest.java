package dev.tethys.collect.observe.protocol.backend;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.collect.observe.protocol.StreamBuffer;
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
class BackendConformanceTest {
  private static final Set<String> PROTOCOLS =
      Set.of("memcached", "clickhouse", "zookeeper", "mongo");

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

  private static Map<String, Object> wanted(Map<?, ?> test) {
    Map<String, Object> out = new LinkedHashMap<>();
    ((Map<?, ?>) requireNonNull(test.get("want"))).forEach((k, v) -> out.put((String) k, v));
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
      case "memcached" -> {
        List<String> words = MemcachedParser.command(in);
        out.put("command", words.getFirst());
        out.put("keys", words.subList(1, words.size()));
      }
      case "clickhouse" -> {
        String query = ClickhouseParser.query(in);
        out.put("query", query == null ? "" : query);
      }
      case "zookeeper" -> {
        String[] command = requireNonNull(ZookeeperParser.command(in));
        out.put("operation", command[0]);
        out.put("argument", command[1]);
      }
      case "mongo" -> out.put("query", MongoParser.query(in));
      default -> throw new AssertionError("no reader for " + protocol);
    }
    return out;
  }
}
