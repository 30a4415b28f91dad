package dev.tethys.control.validation;

import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.text.Texts;
import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Unit test of a configuration: requests to its receivers in a dry run, and the expected output of
 * its exporters. Records are compared as sets, so that their order and the division into requests
 * do not matter.
 */
public record ConfigTest(
    String name, String configuration, List<DryRun.Sample> input, List<Expectation> expected) {
  /** Maximum number of differences shown per exporter. */
  private static final int MAX_SHOWN = 5;

  /** Maximum number of characters shown per value. */
  private static final int MAX_VALUE = 200;

  private static final int MAX_REQUESTS = 10_000;
  private static final int MAX_REQUEST = 4 << 20;

  private static final Section EXPECTED = new Section("expectation", "What an exporter must get.");
  private static final Key<String> EXPORTER =
      EXPECTED.required("exporter", Type.STRING, "Name of the exporter.");
  private static final Key<Signal> SIGNAL =
      EXPECTED.optional(
          "signal",
          Type.lowerCase("signal", Signal.class),
          "Signal, where the exporter gets several.");
  private static final Key<Long> ITEMS =
      EXPECTED.optional("items", Type.INT, "Number of items that it gets.");
  private static final Key<List<YamlNode>> REQUESTS =
      EXPECTED.optional(
          "requests", Type.list(Type.ANY), "Requests of OTLP in JSON with all records it gets.");

  /** Configuration keys of a test. */
  public static final Section SPEC = new Section("test", "Unit test of a configuration.");

  private static final Key<String> CONFIGURATION =
      SPEC.required("configuration", Type.STRING, "Name of the configuration.");
  private static final Key<List<YamlNode>> INPUT =
      SPEC.required("input", Type.list(Type.ANY), "Requests of OTLP in JSON that receivers take.");
  private static final Key<List<YamlObject>> EXPECT =
      SPEC.required("expect", Type.list(EXPECTED.type(o -> o)), "What exporters must get.");

  /**
   * Items and records that an exporter must get.
   *
   * @param signal null for all
   * @param items null if they are not counted
   * @param records null if they are not compared
   */
  record Expectation(
      String exporter,
      @Nullable Signal signal,
      @Nullable Long items,
      @Nullable List<Map<String, String>> records) {}

  /**
   * Reads a test.
   *
   * @throws ConfigException if it is invalid
   */
  public static ConfigTest read(String name, YamlObject o) {
    List<DryRun.Sample> input = samples(o.get(INPUT));
    if (input.isEmpty() || input.size() > DryRun.MAX_SAMPLES) {
      throw o.error(INPUT, "must have 1 to " + DryRun.MAX_SAMPLES + " requests");
    }
    List<Expectation> expected = new ArrayList<>();
    for (YamlObject e : o.get(EXPECT)) {
      List<YamlNode> requests = e.find(REQUESTS);
      Long items = e.find(ITEMS);
      if (requests == null && items == null) {
        throw e.error("items or requests is required");
      }
      List<Map<String, String>> records = null;
      if (requests != null) {
        records = new ArrayList<>();
        for (DryRun.Sample s : samples(requests)) {
          records.addAll(records(json(s)));
        }
      }
      expected.add(new Expectation(e.get(EXPORTER), e.find(SIGNAL), items, records));
    }
    if (expected.isEmpty()) {
      throw o.error(EXPECT, "must name at least one exporter");
    }
    return new ConfigTest(name, o.get(CONFIGURATION), input, List.copyOf(expected));
  }

  private static List<DryRun.Sample> samples(List<YamlNode> nodes) {
    List<DryRun.Sample> out = new ArrayList<>();
    for (YamlNode n : nodes) {
      try {
        String json = JsonMapper.shared().writeValueAsString(n.asTree());
        out.add(DryRun.sample("the request", JsonMapper.shared().readTree(json)));
      } catch (IllegalArgumentException e) {
        throw (ConfigException) n.error(String.valueOf(e.getMessage())).initCause(e);
      }
    }
    return List.copyOf(out);
  }

  private static JsonNode json(DryRun.Sample s) {
    byte[] body = s.body();
    byte[] json = OtlpJsonWriter.toJson(s.signal().otlp(), body, 0, body.length);
    return JsonMapper.shared().readTree(new String(json, StandardCharsets.UTF_8));
  }

  /**
   * Converts the records of a request to strings by path; attributes have their keys in the path.
   */
  private static List<Map<String, String>> records(JsonNode request) {
    List<Map<String, String>> out = new ArrayList<>();
    for (Map.Entry<String, JsonNode> signal : request.properties()) {
      for (JsonNode resource : signal.getValue()) {
        for (Map.Entry<String, JsonNode> scopes : resource.properties()) {
          if (scopes.getKey().startsWith("scope")) {
            scopes.getValue().forEach(s -> add(out, resource.path("resource"), s));
          }
        }
      }
    }
    return out;
  }

  private static void add(List<Map<String, String>> out, JsonNode resource, JsonNode scope) {
    for (Map.Entry<String, JsonNode> list : scope.properties()) {
      if (list.getValue().isArray()) {
        for (JsonNode record : list.getValue()) {
          Map<String, String> m = new TreeMap<>();
          flatten("resource", resource, m);
          flatten("scope", scope.path("scope"), m);
          flatten("", record, m);
          out.add(m);
        }
      }
    }
  }

  private static void flatten(String path, JsonNode n, Map<String, String> out) {
    String begin = path.isEmpty() ? "" : path + ".";
    if (n.isObject()) {
      n.properties().forEach(e -> flatten(begin + e.getKey(), e.getValue(), out));
    } else if (n.isArray()) {
      int i = 0;
      for (JsonNode item : n) {
        JsonNode key = item.path("key");
        if (key.isString() && item.has("value")) {
          flatten(begin + key.stringValue(), item.path("value"), out);
        } else {
          flatten(path + "[" + i + "]", item, out);
        }
        i++;
      }
    } else if (!n.isMissingNode()) {
      out.put(path, n.isString() ? "\"" + n.stringValue() + "\"" : n.toString());
    }
  }

  /**
   * Runs the test on a text.
   *
   * @return the differences; "" if there are none
   * @throws ConfigException if the text is invalid
   */
  String run(DryRun runs, String text) throws IOException {
    DryRunRecords got = new DryRunRecords(MAX_REQUESTS, MAX_REQUEST);
    try {
      runs.run(configuration, text, input, got);
    } catch (IllegalArgumentException e) {
      return "test " + name + " cannot run: " + e.getMessage();
    }
    List<String> differences = new ArrayList<>();
    for (Expectation e : expected) {
      compare(e, got, differences);
    }
    return differences.isEmpty() ? "" : "test " + name + ": " + String.join("; ", differences);
  }

  private static void compare(Expectation e, DryRunRecords got, List<String> differences) {
    long items = 0;
    long omitted = 0;
    boolean found = false;
    List<Map<String, String>> records = new ArrayList<>();
    Set<String> exporters = new TreeSet<>();
    for (DryRunRecords.Sum s : got.all()) {
      exporters.add(s.exporter);
      if (s.exporter.equals(e.exporter) && (e.signal == null || e.signal == s.signal)) {
        found = true;
        items += s.items;
        omitted += s.omitted;
        for (String request : s.examples) {
          records.addAll(records(JsonMapper.shared().readTree(request)));
        }
      }
    }
    String who = "exporter " + e.exporter;
    if (!found) {
      differences.add(who + " is in no pipeline; expected one of: " + String.join(", ", exporters));
      return;
    }
    if (e.items != null && e.items != items) {
      differences.add(who + " got " + Texts.counted(items, "item") + ", expected " + e.items);
    }
    if (e.records == null) {
      return;
    }
    if (omitted > 0) {
      differences.add(who + " got too much to compare: " + omitted + " further requests");
      return;
    }
    compare(who, e.records, records, differences);
  }

  private static void compare(
      String who,
      List<Map<String, String>> expected,
      List<Map<String, String>> got,
      List<String> differences) {
    List<Map<String, String>> missing = new ArrayList<>(expected);
    List<Map<String, String>> more = new ArrayList<>();
    for (Map<String, String> g : got) {
      if (!missing.remove(g)) {
        more.add(g);
      }
    }
    int shown = 0;
    for (Map<String, String> m : missing) {
      if (shown++ == MAX_SHOWN) {
        differences.add(who + " further differences are left out");
        return;
      }
      Map<String, String> nearest = nearest(m, more);
      if (nearest == null) {
        differences.add(who + " did not get the record " + text(m));
      } else {
        more.remove(nearest);
        differences.add(who + " got another record: " + fields(m, nearest));
      }
    }
    for (Map<String, String> m : more) {
      if (shown++ == MAX_SHOWN) {
        differences.add(who + " further differences are left out");
        return;
      }
      differences.add(who + " got the record " + text(m) + ", which is not expected");
    }
  }

  /** Returns the record with the fewest differences; null if none has a field in common. */
  private static @Nullable Map<String, String> nearest(
      Map<String, String> to, List<Map<String, String>> among) {
    Map<String, String> best = null;
    int most = 0;
    for (Map<String, String> m : among) {
      int same = 0;
      for (Map.Entry<String, String> e : to.entrySet()) {
        same += e.getValue().equals(m.get(e.getKey())) ? 1 : 0;
      }
      if (same > most) {
        best = m;
        most = same;
      }
    }
    return best;
  }

  private static String fields(Map<String, String> expected, Map<String, String> got) {
    List<String> out = new ArrayList<>();
    Set<String> keys = new TreeSet<>(expected.keySet());
    keys.addAll(got.keySet());
    for (String k : keys) {
      String e = expected.getOrDefault(k, "nothing");
      String g = got.getOrDefault(k, "nothing");
      if (!e.equals(g)) {
        out.add(
            k
                + " is "
                + Texts.shortened(g, MAX_VALUE)
                + ", expected "
                + Texts.shortened(e, MAX_VALUE));
      }
    }
    return String.join(", ", out);
  }

  private static String text(Map<String, String> record) {
    return Texts.shortened(record.toString(), MAX_VALUE * 2);
  }
}
