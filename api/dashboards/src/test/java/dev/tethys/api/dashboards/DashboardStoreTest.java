package dev.tethys.api.dashboards;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.file.RealFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DashboardStoreTest {
  @TempDir Path dir;

  private DashboardStore store(DashboardStore.Limits limits) {
    return new DashboardStore(dir, new RealFiles(), limits, () -> 1000);
  }

  private static DashboardText text(String json) {
    return DashboardText.read(json.getBytes(UTF_8));
  }

  @Test
  void boundsCountAndBytes() {
    DashboardStore s = store(new DashboardStore.Limits(2, 100, 150));
    String long90 = "{\"title\":\"" + "x".repeat(77) + "\"}";
    s.put("a", text(long90), "", 0);
    assertThatThrownBy(() -> s.put("b", text(long90), "", 0)).hasMessageContaining("limit 150");
    assertThatThrownBy(() -> s.put("b", text("{\"title\":\"" + "x".repeat(100) + "\"}"), "", 0))
        .hasMessageContaining("limit 100");
    assertThatThrownBy(() -> s.put("b", text("{\"title\":\"b\"}"), "f".repeat(101), 0))
        .hasMessageContaining("folder has 101 characters");
    s.put("b", text("{\"title\":\"b\"}"), "", 0);
    assertThatThrownBy(() -> s.put("c", text("{\"title\":\"c\"}"), "", 0))
        .hasMessageContaining("2 dashboards, its limit");
    s.delete("a", -1);
    s.put("c", text(long90), "", 0);
    assertThat(s.list()).extracting(DashboardEntry::uid).containsExactly("b", "c");
  }

  @Test
  void namesDamagedFilesAndLeavesThemUnchanged() throws IOException {
    Files.writeString(dir.resolve("cut.json"), "{\"format\":1,\"version\":1,\"upd");
    Files.writeString(
        dir.resolve("new.json"),
        "{\"format\":2,\"version\":1,\"updated\":1,\"folder\":\"\",\"dashboard\":{\"title\":\"\"}}");
    Files.writeString(dir.resolve("large.json"), "x".repeat(5000));
    Files.writeString(dir.resolve("other.txt"), "x");
    DashboardStore s = store(new DashboardStore.Limits(10, 1000, 10_000));
    assertThat(s.list()).isEmpty();
    assertThat(s.problems())
        .hasSize(3)
        .anySatisfy(p -> assertThat(p).contains("cut.json: not a stored dashboard"))
        .anySatisfy(p -> assertThat(p).contains("this version reads format 1"))
        .anySatisfy(p -> assertThat(p).contains("large.json: 5000 bytes; limit 1000"));
    assertThat(dir.resolve("cut.json")).hasContent("{\"format\":1,\"version\":1,\"upd");
  }
}
