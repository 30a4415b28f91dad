package dev.tethys.pipeline.exporter.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupedFileExporterTest {
  @TempDir private Path folder;
  private final ItemAccounting account = new ItemAccounting("exporter", "file", Signal.LOGS);
  private final List<Outcome> outcomes = new ArrayList<>();

  private FileSettings settings(String yaml) {
    YamlDocument d = YamlDocument.parse("test.yaml", folder, yaml);
    FileSettings s = FileSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private GroupedFileExporter exporter(String yaml) {
    FileSettings s = settings(yaml);
    FileSettings.Groups groups = Objects.requireNonNull(s.groups());
    System.Logger log = System.getLogger("test");
    GroupedFileExporter e =
        new GroupedFileExporter(
            groups,
            new GroupedFiles(s, groups, () -> 0),
            new FileExporter(s, new RotatedFile(s, () -> 0), Signal.LOGS, account, log)::record,
            account,
            log);
    e.start();
    return e;
  }

  /** One record for each value, with the value as its text. */
  private void write(GroupedFileExporter e, Object... values) {
    LogsData logs = new LogsData();
    for (Object value : values) {
      LogRecord r = new LogRecord();
      r.setBody("of " + value);
      ScopeGroup<LogRecord> s = new ScopeGroup<>();
      s.items().add(r);
      ResourceGroup<LogRecord> g = new ResourceGroup<>();
      if (!value.equals("")) {
        g.resource().attributes().put("fileexporter.path_segment", value);
      }
      g.scopes().add(s);
      logs.resources().add(g);
    }
    e.consume(Batch.of(Signal.LOGS, logs, 0, Metadata.NONE), outcomes::add);
  }

  private TreeSet<String> files() throws IOException {
    TreeSet<String> out = new TreeSet<>();
    try (Stream<Path> all = Files.walk(folder)) {
      all.filter(Files::isRegularFile).forEach(p -> out.add(folder.relativize(p).toString()));
    }
    return out;
  }

  @Test
  void writesEachGroupToItsFile() throws IOException {
    GroupedFileExporter e = exporter("{path: out/*/a.json, group_by: {enabled: true}}");
    write(e, "x", "y", "x", "deep/er");
    write(e, "y");
    e.stop(Duration.ZERO);
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED, Outcome.ACCEPTED);
    assertThat(files()).containsExactly("out/deep/er/a.json", "out/x/a.json", "out/y/a.json");
    assertThat(Files.readAllLines(folder.resolve("out/x/a.json")))
        .hasSize(1)
        .allSatisfy(l -> assertThat(l.split("of x", -1)).hasSize(3));
    assertThat(Files.readAllLines(folder.resolve("out/y/a.json"))).hasSize(2);
    assertThat(account.balance().out()).isEqualTo(5);
  }

  @Test
  void dropsAndCountsResourcesWithoutGroup() throws IOException {
    GroupedFileExporter e = exporter("{path: out/*, group_by: {enabled: true}}");
    write(e, "", 7L, "x", "n".repeat(300), "a\0b", "x/y");
    e.stop(Duration.ZERO);
    assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
    assertThat(files()).containsExactly("out/x");
    assertThat(account.balance().dropped().toString())
        .contains("no_group_attribute=2", "unusable_file_name=3");
    assertThat(account.balance().out()).isEqualTo(1);
  }

  @Test
  void neverLeavesTheFolder() throws IOException {
    GroupedFileExporter e = exporter("{path: out/*.json, group_by: {enabled: true}}");
    write(e, "../../evil", "a/../../../b", "/etc/c", "..", "./d", "../e", "x/../../../out2/f");
    e.stop(Duration.ZERO);
    assertThat(files()).hasSize(7).allSatisfy(f -> assertThat(f).startsWith("out/"));
  }

  @Test
  void continuesFilesClosedForOthers() throws IOException {
    Path old = Files.createDirectories(folder.resolve("out")).resolve("a");
    Files.writeString(old, "of an earlier process\n");
    GroupedFileExporter e = exporter("{path: out/*, group_by: {enabled: true, max_open_files: 1}}");
    for (int i = 0; i < 3; i++) {
      write(e, "a", "b");
    }
    e.stop(Duration.ZERO);
    assertThat(Files.readAllLines(old)).hasSize(3);
    assertThat(Files.readAllLines(folder.resolve("out/b"))).hasSize(3);
    e.start();
    write(e, "a");
    e.stop(Duration.ZERO);
    assertThat(Files.readAllLines(old)).as("append is false").hasSize(1);
  }

  @Test
  void keepsContentWithAppend() throws IOException {
    Path old = Files.createDirectories(folder.resolve("out")).resolve("a");
    Files.writeString(old, "earlier\n");
    GroupedFileExporter e = exporter("{path: out/*, append: true, group_by: {enabled: true}}");
    write(e, "a");
    e.stop(Duration.ZERO);
    assertThat(Files.readAllLines(old)).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "path: a, group_by: {enabled: true} | exactly one *",
        "path: a/*/*, group_by: {enabled: true} | exactly one *",
        "path: a/*, group_by: {enabled: true, resource_attribute: ''} | must not be empty",
        "path: a/*, group_by: {enabled: true, max_open_files: 0} | must be 1 to",
        "path: a/*, group_by: {enable: true} | unknown key",
      })
  void rejectsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> settings("{" + yaml + "}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void writesOneFileWhileGroupsAreDisabled() {
    assertThat(settings("{path: a.json, group_by: {enabled: false}}").groups()).isNull();
    assertThat(settings("{path: 'a*', rotation: {}, group_by: {enabled: true}}").rotation())
        .as("the Collector ignores it")
        .isNull();
  }
}
