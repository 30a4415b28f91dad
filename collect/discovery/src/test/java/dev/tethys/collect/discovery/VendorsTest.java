package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Every mechanism that is polled, against what its vendor's documentation says: a file for each
 * case, with the configuration, the responses by method and URL (those of public fixtures behind an
 * {@code @}; {@code [later]} for calls of later refreshes alone, or whose failure costs nothing;
 * with words behind a {@code #} that the call's body must hold), and the labels of the targets.
 */
@Tag("slow")
class VendorsTest {
  private record Case(
      String name,
      String config,
      Map<String, String> answers,
      List<String> order,
      String expected) {
    /** A role of AWS is a kind of discovery, too. */
    Case ofItsOwnKind() {
      String own =
          config.replaceFirst("^aws_sd_configs: \\[\\{role: (\\w+), ", "$1_sd_configs: [{");
      return new Case(name, own, answers, order, expected);
    }

    static Case read(Path file) throws IOException {
      String[] parts = Files.readString(file).split("(?m)^--- ");
      Map<String, String> answers = new LinkedHashMap<>();
      List<String> order = new ArrayList<>();
      String expected = "";
      for (int i = 1; i < parts.length; i++) {
        int line = parts[i].indexOf('\n');
        String head = parts[i].substring(0, line).strip();
        if (head.equals("expected")) {
          expected = parts[i].substring(line + 1);
          continue;
        }
        int file0 = head.indexOf(" @");
        String body = parts[i].substring(line + 1);
        if (file0 > 0) {
          body =
              Files.readString(
                  Shared.conformance("prometheus/discovery/" + head.substring(file0 + 2)));
          head = head.substring(0, file0);
        }
        if (head.endsWith(" [later]")) {
          head = head.substring(0, head.indexOf(" [later]"));
        } else {
          order.add(head);
        }
        answers.put(head, body);
      }
      return new Case(
          file.getFileName().toString().replace(".txt", ""), parts[0], answers, order, expected);
    }

    void play(Vendor vendor) {
      play(vendor, "", Vendor.Response.of(200, ""));
    }

    /** Has the vendor answer, one of the calls in another way. */
    void play(Vendor vendor, String one, Vendor.Response otherwise) {
      Map<String, List<String>> byUrl = new LinkedHashMap<>();
      for (String key : answers.keySet()) {
        byUrl.computeIfAbsent(url(key), u -> new ArrayList<>()).add(key);
      }
      byUrl.forEach(
          (url, keys) ->
              vendor.on(
                  url,
                  q -> {
                    String said = q.header("X-Amz-Target") + " " + q.body();
                    String best = "";
                    int most = -1;
                    for (String key : keys) {
                      List<String> markers = markers(key);
                      if (markers.size() > most && markers.stream().allMatch(said::contains)) {
                        best = key;
                        most = markers.size();
                      }
                    }
                    if (best.equals(one)) {
                      return otherwise;
                    }
                    String body = answers.getOrDefault(best, "");
                    Vendor.Response r = Vendor.Response.of(200, body);
                    for (Map.Entry<String, String> h : headers(body).entrySet()) {
                      r = r.with(h.getKey(), h.getValue());
                    }
                    return r;
                  }));
    }

    /** The type by what it looks like, and OpenStack's token. */
    private static Map<String, String> headers(String body) {
      String type = body.startsWith("<") ? "application/xml" : "application/json";
      return Map.of("Content-Type", type, "X-Subject-Token", "token");
    }

    private static String url(String key) {
      int at = key.indexOf(" #");
      return at < 0 ? key : key.substring(0, at);
    }

    private static List<String> markers(String key) {
      int at = key.indexOf(" #");
      return at < 0 ? List.of() : List.of(key.substring(at + 2).split(","));
    }
  }

  /** Folder of the cases, beside this class. */
  String folder() {
    return "vendors";
  }

  private List<Case> cases() throws Exception {
    Path folder = Path.of(Objects.requireNonNull(VendorsTest.class.getResource(folder())).toURI());
    List<Case> out = new ArrayList<>();
    try (var files = Files.list(folder)) {
      for (Path f : files.sorted().toList()) {
        out.add(Case.read(f));
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  @TestFactory
  Stream<DynamicTest> targetsHaveTheLabels() throws Exception {
    return cases().stream()
        .flatMap(c -> Stream.of(c, c.ofItsOwnKind()))
        .distinct()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.config.replaceFirst("_sd_configs.*(?s:.)*", "") + " " + c.name,
                    () -> {
                      try (Vendor vendor = new Vendor()) {
                        c.play(vendor);
                        Setting setting = new Setting(vendor);
                        PollingDiscovery.Source source = setting.source(c.config);
                        assertThat(Setting.show(source.refresh())).isEqualTo(c.expected);
                        assertThat(Setting.show(source.refresh()))
                            .as("the second time")
                            .isEqualTo(c.expected);
                      }
                    }));
  }

  /** Throttling, faults, refused credentials and nonsense, at each of the calls. */
  @TestFactory
  Stream<DynamicTest> failuresNameTheUrl() throws Exception {
    return cases().stream()
        .flatMap(c -> c.order.stream().map(url -> Map.entry(c, url)))
        .map(
            e ->
                DynamicTest.dynamicTest(
                    e.getKey().name + " " + e.getValue(),
                    () -> {
                      String key = Case.url(e.getValue());
                      String url = key.substring(key.indexOf(' ') + 1);
                      for (int status : new int[] {429, 503, 401}) {
                        assertThatThrownBy(() -> failing(e.getKey(), e.getValue(), status, "busy"))
                            .isInstanceOf(IOException.class)
                            .hasMessageContaining(url.replaceFirst("\\?.*", ""))
                            .hasMessageContaining("status " + status)
                            .hasMessageContaining("busy");
                      }
                      assertThatThrownBy(() -> failing(e.getKey(), e.getValue(), 200, "<oops"))
                          .isInstanceOf(IOException.class)
                          .hasMessageContaining(url.replaceFirst("\\?.*", ""));
                    }));
  }

  private static void failing(Case c, String key, int status, String body) throws Exception {
    try (Vendor vendor = new Vendor()) {
      c.play(
          vendor, key, Vendor.Response.of(status, body).with("Content-Type", "application/json"));
      new Setting(vendor).refresh(c.config);
    }
  }
}
