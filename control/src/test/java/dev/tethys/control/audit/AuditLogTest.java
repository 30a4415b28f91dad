package dev.tethys.control.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.control.ControlRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  private @TempDir Path folder;

  private Path written(int entries) throws IOException {
    Path file = folder.resolve("audit.jsonl");
    try (AuditLog log = new AuditLog(file, InstantSource.system())) {
      for (int i = 0; i < entries; i++) {
        log.append(
            "olga", "rollout.start", "rollout/" + i, "\"why\"\n", Map.of(), Map.of("v", "1"));
      }
    }
    return file;
  }

  @Test
  void chainContinuesAfterARestart() throws IOException {
    Path file = written(3);
    written(2);
    AuditLog.Verification v = AuditLog.verify(file);
    assertThat(v.problem()).isEmpty();
    assertThat(v.entries()).isEqualTo(5);
  }

  @Test
  void detectsChangeRemovalAndInsertion() throws IOException {
    Path file = written(4);
    List<String> lines = Files.readAllLines(file);
    List<String> changed = new ArrayList<>(lines);
    changed.set(1, lines.get(1).replace("olga", "mary"));
    Files.write(file, changed);
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:2:", "was changed");
    List<String> removed = new ArrayList<>(lines);
    removed.remove(2);
    Files.write(file, removed);
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:3:", "removed or inserted");
    List<String> doubled = new ArrayList<>(lines);
    doubled.add(2, lines.get(1));
    Files.write(file, doubled);
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:3:");
    assertThatThrownBy(() -> new AuditLog(file, InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keep it as evidence");
  }

  @Test
  void logWithOtherLineEndsIsNotIntact() throws IOException {
    Path file = written(3);
    String text = Files.readString(file);
    Files.writeString(file, text.replace("\n", "\r\n"));
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:1:", "carriage return");
    Files.writeString(file, text.replace('\n', '\r'));
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:1:");
    Files.writeString(file, text.strip());
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:3:", "does not end");
    Files.writeString(file, text + "\n");
    assertThat(AuditLog.verify(file).problem()).contains("audit.jsonl:4:");
    Files.writeString(file, text);
    assertThat(AuditLog.verify(file).problem()).isEmpty();
  }

  @Test
  void namesFolderInPlaceOfTheLog() throws IOException {
    Files.createDirectory(folder.resolve("audit.jsonl"));
    assertThatThrownBy(() -> AuditLog.verifyFolder(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.resolve("audit.jsonl") + " is a folder");
    assertThat(ControlRole.run(verify(folder))).isEqualTo(1);
  }

  @Test
  void removesEntryTruncatedByACrash() throws IOException {
    Path file = written(2);
    Files.writeString(file, "{\"sequence\":3,\"ti", StandardOpenOption.APPEND);
    written(1);
    assertThat(AuditLog.verify(file).problem()).isEmpty();
    assertThat(AuditLog.verify(file).entries()).isEqualTo(3);
  }

  private static List<String> verify(Path folder) {
    return List.of("verify", "--data=" + folder);
  }

  @Test
  void rejectsAFolderWithoutAControlPlane() throws IOException {
    Path missing = folder.resolve("data-contrl");
    assertThatThrownBy(() -> AuditLog.verifyFolder(missing))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(missing + " does not exist");
    assertThat(ControlRole.run(verify(missing))).isEqualTo(1);
    assertThatThrownBy(() -> AuditLog.verifyFolder(folder))
        .hasMessageContaining("there is no " + folder.resolve("audit.jsonl"))
        .hasMessageContaining("does not belong to a control plane");
    assertThat(ControlRole.run(verify(folder))).isEqualTo(1);
    assertThat(folder.resolve("audit.jsonl")).doesNotExist();
    written(0);
    assertThat(ControlRole.run(verify(folder))).isZero();
  }

  @Test
  void logMissingAVersionEntryIsNotIntact() throws IOException {
    Path file = written(2);
    assertThat(ControlRole.run(verify(folder))).isZero();
    Files.writeString(
        folder.resolve("configurations.jsonl"), "{\"name\":\"edge\",\"number\":1}\n{\"na");
    assertThat(AuditLog.verifyFolder(folder).problem())
        .contains("configurations.jsonl: no entry of the log explains edge/1");
    assertThat(ControlRole.run(verify(folder))).isEqualTo(1);
    try (AuditLog log = new AuditLog(file, InstantSource.system())) {
      log.append("me", "configuration.add", "configuration/edge/1", "", Map.of(), Map.of());
    }
    assertThat(ControlRole.run(verify(folder))).isZero();
    Files.writeString(file, "");
    assertThat(ControlRole.run(verify(folder))).isEqualTo(1);
    Files.delete(file);
    assertThatThrownBy(() -> AuditLog.verifyFolder(folder))
        .hasMessageContaining("removed or moved")
        .hasMessageContaining("edge/1");
  }
}
