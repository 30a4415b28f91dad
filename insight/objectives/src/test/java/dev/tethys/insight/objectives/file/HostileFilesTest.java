package dev.tethys.insight.objectives.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostileFilesTest {
  @TempDir Path folder;

  private static String objectives(int n) {
    StringBuilder out = new StringBuilder("objectives:\n");
    for (int i = 0; i < n; i++) {
      out.append("- {name: o")
          .append(i)
          .append(", service: s, target: 99, indicator: {availability: {}}}\n");
    }
    return out.toString();
  }

  @Test
  void refusesTooManyObjectives() {
    assertThat(ObjectiveFiles.parse("o.yml", objectives(20), 20).objectives()).hasSize(20);
    assertThatThrownBy(() -> ObjectiveFiles.parse("o.yml", objectives(21), 20))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "o.yml:22:3: this is objective 21 of 21; at most 20 are allowed: raise"
                + " --insight.objectives-limit or remove some");
  }

  @Test
  void refusesLargeFilesUnread() throws IOException {
    Path file = folder.resolve("large.yml");
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.setLength(ObjectiveFiles.MAX_BYTES + 1);
    }
    assertThatThrownBy(() -> ObjectiveFiles.read(List.of(file), 10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("large.yml: 4194305 bytes; a file of objectives has at most 4194304");
  }

  @Test
  void refusesFilesWithoutEnd() {
    assertThatThrownBy(() -> ObjectiveFiles.read(List.of(Path.of("/dev/zero")), 10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a regular file");
    assertThatThrownBy(() -> ObjectiveFiles.read(List.of(folder.resolve("none.yml")), 10))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("file not found");
  }

  @Test
  void refusesTooManyFiles() throws IOException {
    Path file = Files.writeString(folder.resolve("a.yml"), "objectives: []\n");
    List<Path> many = new ArrayList<>(Collections.nCopies(ObjectiveFiles.MAX_FILES + 1, file));
    assertThatThrownBy(() -> ObjectiveFiles.read(many, 10))
        .hasMessageContaining("1001 files of objectives; at most 1000 are read");
  }

  @Test
  void refusesTooManyDocuments() {
    String one = "---\ndefaults: []\n";
    assertThatThrownBy(
            () -> ObjectiveFiles.parse("d.yml", one.repeat(ObjectiveFiles.MAX_DOCUMENTS + 1), 10))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("more than 10000");
  }

  @Test
  void refusesLongAndDeepQueries() {
    String text = objectives(1).replace("{availability: {}}", "{ratio: {query: 'QUERY'}}");
    assertThatThrownBy(
            () ->
                ObjectiveFiles.parse(
                    "q.yml", text.replace("QUERY", "a".repeat(30_000) + "[{{.window}}]"), 10))
        .hasMessageContaining("the query has 30013 characters; at most 20000 are allowed");
    assertThatThrownBy(
            () ->
                ObjectiveFiles.parse(
                    "q.yml", text.replace("QUERY", "(".repeat(9000) + "{{.window}}"), 10))
        .hasMessageContaining("could not parse the query");
  }

  @Test
  void refusesTextsThatAreNoObjectives() {
    for (String text :
        List.of("[]", "- 1\n- 2\n", "just text", "objectives: {a: 1}", "a: &a [*a]")) {
      assertThatThrownBy(() -> ObjectiveFiles.parse("t.yml", text, 10))
          .as(text)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("t.yml");
    }
  }

  @Test
  void emptyFilesHaveNoObjectives() {
    assertThat(ObjectiveFiles.parse("e.yml", "", 10).objectives()).isEmpty();
    assertThat(ObjectiveFiles.parse("e.yml", "---\n---\n# nothing\n", 10).objectives()).isEmpty();
  }
}
