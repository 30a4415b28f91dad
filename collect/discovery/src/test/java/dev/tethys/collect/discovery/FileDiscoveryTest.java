package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDiscoveryTest {
  @TempDir Path dir;
  private final Setting setting = new Setting();
  private final Setting.Seen seen = new Setting.Seen();

  private FileDiscovery discovery(String pattern) {
    return new FileDiscovery(
        new FileConfig(List.of(dir.resolve(pattern).toString()), Duration.ofHours(1)),
        setting.context);
  }

  @Test
  void readsJsonAndYamlAndDropsRemovedFiles() throws IOException {
    FileDiscovery json = discovery("*.json");
    Files.writeString(
        dir.resolve("a.json"), "[{\"targets\":[\"a:1\",\"a:2\"]},{\"targets\":[\"a:3\"]}]");
    Files.writeString(dir.resolve("b.json"), "[{\"targets\":[\"b:1\"],\"labels\":{\"x\":\"y\"}}]");
    json.refresh(seen);
    assertThat(seen.addresses()).containsExactly("a:1", "a:2", "a:3", "b:1");
    TargetGroup b = Objects.requireNonNull(seen.groups.get(dir.resolve("b.json") + ":0"));
    assertThat(b.labels().get("__meta_filepath")).isEqualTo(dir.resolve("b.json").toString());
    assertThat(b.labels().get("x")).isEqualTo("y");

    Files.writeString(dir.resolve("a.json"), "[{\"targets\":[\"a:9\"]}]");
    Files.delete(dir.resolve("b.json"));
    json.refresh(seen);
    assertThat(seen.addresses()).containsExactly("a:9");
  }

  @Test
  void badFileKeepsItsLastTargets() throws IOException {
    FileDiscovery yml = discovery("t.yml");
    Files.writeString(dir.resolve("t.yml"), "- targets: [a:1]\n");
    yml.refresh(seen);
    for (String bad :
        List.of(
            "- targets: [a:1]\n  unknown: x\n",
            "- targets: 5\n",
            "{",
            "- null\n",
            "- targets: [\"\\xff\"\n")) {
      Files.writeString(dir.resolve("t.yml"), bad);
      yml.refresh(seen);
      assertThat(seen.addresses()).as(bad).containsExactly("a:1");
    }
    assertThat(setting.metric("prometheus_sd_file_read_errors_total")).isEqualTo(5);
  }

  @Test
  void noticesChangesLongBeforeTheRefresh() throws Exception {
    Files.writeString(dir.resolve("t.yml"), "- targets: [a:1]\n");
    LinkedBlockingQueue<List<TargetGroup>> updates = new LinkedBlockingQueue<>();
    setting.goOn.release(1000);
    FileDiscovery d = discovery("*.yml");
    Thread t =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    d.run(updates::add);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    assertThat(updates.poll(10, TimeUnit.SECONDS)).hasSize(1);
    Files.writeString(dir.resolve("u.yml"), "- targets: [b:1]\n");
    List<TargetGroup> second = updates.poll(30, TimeUnit.SECONDS);
    while (second != null && second.size() < 2) {
      second = updates.poll(30, TimeUnit.SECONDS);
    }
    assertThat(second).hasSize(2);
    t.interrupt();
    t.join();
  }

  @Test
  void acceptsOrRejectsPublicFixturesAsNamed() throws IOException {
    Path fixtures = Shared.conformance("prometheus/discovery/file");
    try (var files = Files.walk(fixtures)) {
      List<Path> all =
          files.filter(f -> f.toString().matches(".*\\.(json|yml|yaml)")).sorted().toList();
      assertThat(all).isNotEmpty();
      for (Path f : all) {
        Setting.Seen one = new Setting.Seen();
        new FileDiscovery(
                new FileConfig(List.of(f.toString()), Duration.ofHours(1)), setting.context)
            .refresh(one);
        assertThat(one.groups.isEmpty())
            .as(f.getFileName().toString())
            .isEqualTo(f.getFileName().toString().startsWith("invalid"));
      }
    }
  }
}
