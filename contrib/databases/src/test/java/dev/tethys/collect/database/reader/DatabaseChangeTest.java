package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DatabaseChangeTest {
  private static List<JsonNode> cases(String what) throws Exception {
    List<JsonNode> out = new ArrayList<>();
    for (String line : Files.readAllLines(Shared.conformance("coroot/cluster-agent/misc.jsonl"))) {
      JsonNode n = JsonMapper.shared().readTree(line);
      if (n.path("what").asString("").equals(what)) {
        out.add(n);
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  private static String text(JsonNode n, String key) {
    return n.path(key).asString("");
  }

  private static @Nullable String optional(JsonNode n, String key) {
    return n.path(key).isString() ? text(n, key) : null;
  }

  private static List<TableDefinition.Column> columns(JsonNode n, String type) {
    List<TableDefinition.Column> out = new ArrayList<>();
    n.path("cols")
        .forEach(
            c ->
                out.add(
                    new TableDefinition.Column(
                        text(c, "name"),
                        text(c, type),
                        c.path("nullable").asBoolean(false),
                        optional(c, "default"),
                        text(c, "extra"))));
    return out;
  }

  private static String mysql(JsonNode n) {
    List<TableDefinition.IndexColumns> indexes = new ArrayList<>();
    n.path("idxs")
        .forEach(
            i ->
                indexes.add(
                    new TableDefinition.IndexColumns(
                        text(i, "name"),
                        i.path("unique").asBoolean(false),
                        text(i, "columns"),
                        i.path("isprimary").asBoolean(false))));
    List<TableDefinition.ForeignKey> keys = new ArrayList<>();
    n.path("fks")
        .forEach(
            k ->
                keys.add(
                    new TableDefinition.ForeignKey(
                        text(k, "name"),
                        text(k, "columns"),
                        text(k, "refschema"),
                        text(k, "reftable"),
                        text(k, "refcolumns"))));
    return TableDefinition.mysql(text(n, "table"), columns(n, "type"), indexes, keys);
  }

  private static String postgres(JsonNode n) {
    List<TableDefinition.Constraint> constraints = new ArrayList<>();
    n.path("cons")
        .forEach(
            c ->
                constraints.add(
                    new TableDefinition.Constraint(
                        text(c, "name"), text(c, "type"), text(c, "definition"))));
    List<TableDefinition.IndexStatement> indexes = new ArrayList<>();
    n.path("idxs")
        .forEach(
            i -> indexes.add(new TableDefinition.IndexStatement(text(i, "name"), text(i, "ddl"))));
    return TableDefinition.postgres(text(n, "table"), columns(n, "datatype"), constraints, indexes);
  }

  @Test
  void writesDefinitionsAsCorootDoes() throws Exception {
    for (JsonNode n : cases("table definition text")) {
      assertThat(text(n, "db").equals("mysql") ? mysql(n) : postgres(n))
          .as(text(n, "id"))
          .isEqualTo(text(n, "want"));
    }
  }

  @Test
  void writesSettingsAsCorootDoes() throws Exception {
    for (JsonNode n : cases("settings as text")) {
      List<SettingsText.Setting> settings = new ArrayList<>();
      n.path("in")
          .forEach(
              s ->
                  settings.add(
                      new SettingsText.Setting(
                          s.path(0).asString(""), s.path(1).asString(""), s.path(2).asString(""))));
      assertThat(SettingsText.of(settings)).isEqualTo(text(n, "want"));
    }
  }

  private static @Nullable Map<String, String> definitions(JsonNode n) {
    if (!n.isObject()) {
      return null;
    }
    Map<String, String> out = new TreeMap<>();
    n.propertyNames().forEach(k -> out.put(k, n.path(k).asString("")));
    return out;
  }

  @Test
  void findsChangesAsCorootDoes() throws Exception {
    for (JsonNode n : cases("schema change")) {
      Map<String, String> after = definitions(n.path("after"));
      assertThat(after).isNotNull();
      List<DatabaseChange> found =
          after == null ? List.of() : DatabaseChange.between(definitions(n.path("before")), after);
      assertThat(found).as(text(n, "id")).hasSize(n.path("want").size());
      for (int i = 0; i < found.size(); i++) {
        JsonNode want = n.path("want").path(i);
        String path = text(want, "table");
        assertThat(path).endsWith("/" + found.get(i).object());
        assertThat(found.get(i).database()).isEqualTo(path.substring(0, path.indexOf('/')));
        assertThat(found.get(i).difference()).startsWith(text(want, "diff_starts"));
        want.path("diff_contains")
            .forEach(
                c ->
                    assertThat(found.stream().map(DatabaseChange::difference))
                        .anyMatch(d -> d.contains(c.asString(""))));
      }
    }
  }

  @Test
  void writesUnifiedDifferences() {
    String before = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\n";
    String after = "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\np\nq\n";
    assertThat(TextDifference.unified("t", before, after))
        .isEqualTo(
            """
            --- t
            +++ t
            @@ -1,5 +1,5 @@
             a
            -b
            +B
             c
             d
             e
            @@ -12,5 +12,5 @@
             l
             m
             n
            -o
             p
            +q
            """);
    assertThat(TextDifference.unified("t", before, before)).isEmpty();
    assertThat(TextDifference.unified("t", "", "x\n"))
        .isEqualTo("--- t\n+++ t\n@@ -0,0 +1 @@\n+x\n");
  }

  @Test
  void boundsDifferencesOfLargeTexts() {
    StringBuilder a = new StringBuilder();
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < 50_000; i++) {
      a.append("a").append(i).append('\n');
      b.append("b").append(i).append('\n');
    }
    DatabaseChange c =
        new DatabaseChange("", "x", TextDifference.unified("x", a.toString(), b.toString()));
    assertThat(c.difference().length()).isEqualTo(DatabaseChange.MAX_DIFFERENCE);
  }

  @Test
  void comparesReadings() {
    DefinitionHistory h = new DefinitionHistory();
    assertThat(h.tables("shop", Map.of("shop/public/t", "a\n"))).isTrue();
    h.settings("pg_settings", "work_mem = 1\n");
    assertThat(h.take()).isEmpty();
    h.tables("shop", Map.of("shop/public/t", "b\n"));
    h.settings("pg_settings", "work_mem = 2\n");
    assertThat(h.take())
        .extracting(DatabaseChange::database, DatabaseChange::object)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("shop", "t"),
            org.assertj.core.groups.Tuple.tuple("", "pg_settings"));
    assertThat(h.take()).isEmpty();
    assertThat(h.tables("big", Map.of("x", "y".repeat(DefinitionHistory.MAX_CHARACTERS))))
        .isFalse();
  }
}
