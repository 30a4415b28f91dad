package dev.tethys.control.mdai;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.control.mdai.Resource.Hub;
import dev.tethys.testkit.Shared;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
public class ManifestReaderTest {
  public static Path own(String name) throws URISyntaxException {
    return Path.of(requireNonNull(ManifestReaderTest.class.getResource("/mdai/" + name)).toURI());
  }

  public static Hub hub(Manifests m, String name) {
    return requireNonNull(m.hub(name));
  }

  public static HubVariable variable(Hub hub, String key) {
    return requireNonNull(hub.variable(key));
  }

  @Test
  void readsCompleteHub() throws Exception {
    Manifests m = ManifestReader.read(List.of(own("hub.yaml")));
    assertThat(m.ignored()).containsExactly("Deployment/other");
    assertThat(m.data().get(new Manifests.DataKey(true, "observability", "token")))
        .containsEntry("header", "Bearer abc");
    Hub hub = hub(m, "shop");
    assertThat(hub.evaluationInterval()).isEqualTo("15s");
    assertThat(hub.variables()).hasSize(10);
    assertThat(variable(hub, "noisy").serializers())
        .containsExactly(
            new HubVariable.Serializer("NOISY_REGEX", "|"),
            new HubVariable.Serializer("NOISY_CSV", ","));
    assertThat(variable(hub, "ratio").initial()).isEqualTo(Value.of("0.5"));
    assertThat(variable(hub, "route").manual()).isTrue();
    assertThat(hub.alerts().getFirst().keepFiring()).isEqualTo("5m");
    assertThat(hub.rules()).hasSize(7);
    assertThat(hub.rules().getFirst().actions())
        .extracting(HubAction::type)
        .containsExactly("variable.set.add", "variable.map.add", "variable.scalar.update");
    assertThat(PrometheusRules.of(hub))
        .contains("expr: \"sum by (service) (rate(bytes_total[1m])) > 1e6\"")
        .contains("hub_name: \"shop\"");
  }

  @Test
  void readsOtherKinds() throws Exception {
    Manifests m = ManifestReader.read(List.of(own("others.yaml")));
    assertThat(m.resources())
        .extracting(r -> r.meta().kind())
        .containsExactly("MdaiObserver", "MdaiReplay", "MdaiDal", "MdaiCollector", "MdaiIngress");
    assertThat(((Resource.Observer) m.resources().getFirst()).counts().getFirst().filter())
        .containsExactly("severity_number < 9");
    assertThat(((Resource.Replay) m.resources().get(1)).spec().bucket()).isEqualTo("logs");
  }

  private static String hub(String spec) {
    return "apiVersion: hub.mydecisive.ai/v1\nkind: MdaiHub\nmetadata: {name: h}\nspec:\n  "
        + spec
        + "\n";
  }

  @Test
  void rejectsErrorsWithTheirPosition() {
    wrong(hub("varables: []"), "m.yaml:5:3: unknown key \"varables\"", "\"variables\"");
    wrong(hub("variables: [{key: a}]"), "m.yaml:5:15: ", "\"dataType\" is required");
    wrong(hub("variables: [{key: 1a, dataType: set}]"), "m.yaml:5:21: ", "starting with a digit");
    wrong(hub("variables: [{key: a, dataType: metaHashSet}]"), "m.yaml:5:34: ", "not allowed");
    wrong(hub("variables: [{key: a, dataType: int, default: x}]"), "m.yaml:5:48: ", "whole number");
    wrong(
        hub("variables: [{key: a, dataType: set}, {key: a, dataType: set}]"),
        "m.yaml:5:14: ",
        "defined twice");
    wrong(
        hub("rules: [{name: r, when: {alertName: a}, then: [{addToSet: {set: s, value: v}}]}]"),
        "m.yaml:5:10: ",
        "unknown variable s");
    wrong(hub("rules: [{name: r, when: {}, then: []}]"), "m.yaml:5:27: ", "exactly one of");
    wrong(
        hub(
            "rules: [{name: r, when: {alertName: a}, then: [{cleanUpReplay: {}, addToSet: {set:"
                + " s, value: v}}]}]"),
        "m.yaml:5:50: ",
        "one key");
    wrong(hub("{}").replace("MdaiHub", "MdaiHobby"), "m.yaml:2:7: ", "unknown kind");
    wrong(hub("{}").replace("/v1", "/v9"), "m.yaml:1:13: ", "unknown version");
    wrong(hub("{}").replace("{name: h}", "{}"), "m.yaml:1:1: ", "metadata.name");
    wrong(hub("{}") + "---\n" + hub("{}"), "m.yaml:7:1: ", "already defined at m.yaml:1:1");
    wrong("- a\n", "m.yaml:1:1: ", "must be a resource");
  }

  private static void wrong(String text, String where, String reason) {
    assertThatThrownBy(() -> ManifestReader.parse("m.yaml", text))
        .as(text)
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(where)
        .hasMessageContaining(reason);
  }

  /** Samples of MDAI, where they are: each manifest with a resource of its group. */
  @Test
  void readsMdaiSamples() throws Exception {
    List<Path> read = new ArrayList<>();
    Set<String> kinds = new TreeSet<>();
    for (Path p : Shared.conformanceFiles("mdai", ".yaml")) {
      if (!Files.readString(p).contains("apiVersion: " + ManifestReader.GROUP)) {
        continue;
      }
      Manifests m = ManifestReader.read(List.of(p));
      assertThat(m.resources()).as(p.toString()).isNotEmpty();
      m.resources().forEach(r -> kinds.add(r.meta().kind()));
      read.add(p);
    }
    assertThat(read).hasSize(30);
    assertThat(kinds).hasSize(6);
  }

  /** Values of variables by type, where MDAI's cases are. */
  @Test
  void valuesMatchMdai() throws Exception {
    int n = 0;
    for (String line :
        Files.readAllLines(Shared.conformance("mdai/cases/variable-defaults.jsonl"))) {
      var c = tools.jackson.databind.json.JsonMapper.shared().readTree(line);
      DataType type = requireNonNull(DataType.words().get(c.path("type").asString()));
      var data =
          tools.jackson.databind.json.JsonMapper.shared().readTree(c.path("json").asString());
      if (c.path("error").asBoolean(false)) {
        assertThatThrownBy(() -> type.read(data))
            .as(line)
            .isInstanceOf(IllegalArgumentException.class);
      } else {
        assertThat(type.read(data).json()).as(line).isEqualTo(c.path("want"));
      }
      n++;
    }
    assertThat(n).isEqualTo(35);
  }

  /** Triggers, where MDAI's cases are. */
  @Test
  void triggersMatchMdai() throws Exception {
    int n = 0;
    for (String line : Files.readAllLines(Shared.conformance("mdai/cases/triggers.jsonl"))) {
      var c = tools.jackson.databind.json.JsonMapper.shared().readTree(line);
      var t = c.path("trigger");
      boolean matches;
      if (t.has("alertUpdated")) {
        var a = c.path("alert");
        HubTrigger trigger =
            HubTrigger.alert(
                t.path("alertUpdated").path("name").asString(""),
                t.path("alertUpdated").path("status").asString(""));
        matches = a.isArray() && trigger.matchesAlert(a.get(0).asString(), a.get(1).asString());
      } else {
        var v = c.path("variable_event");
        HubTrigger trigger =
            HubTrigger.variable(
                t.path("variableUpdated").path("name").asString(""),
                t.path("variableUpdated").path("updateType").asString(""));
        matches = v.isArray() && trigger.matchesVariable(v.get(0).asString(), v.get(1).asString());
      }
      assertThat(matches).as(line).isEqualTo(c.path("match").asBoolean());
      n++;
    }
    assertThat(n).isEqualTo(12);
  }
}
