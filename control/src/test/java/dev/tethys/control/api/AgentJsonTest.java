package dev.tethys.control.api;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.versions.AgentVersions;
import dev.tethys.control.versions.AgentVersions.Target;
import dev.tethys.control.versions.AgentVersions.Wanted;
import dev.tethys.control.versions.ConfigVersion;
import dev.tethys.pipeline.Scheduler;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AgentJsonTest {
  private final Fleet fleet = new Fleet(Scheduler.system(), 10);

  private AgentState agent(long capabilities, Map<String, String> labels) {
    Description d = new Description(new LinkedHashMap<>(labels), new LinkedHashMap<>());
    AgentToServer m =
        new AgentToServer(
            new byte[16], 1, capabilities, d, null, null, null, false, null, false, null);
    return requireNonNull(fleet.receive(m, "http", null).agent());
  }

  private static final Wanted WANTED =
      new Wanted(
          AgentVersions.Kind.VERSION,
          new Target(new ConfigVersion("edge", 3, 0, "me", "", "a", "ff", "valid", ""), 1),
          "");

  @Test
  void agentThatAcceptsNoConfigurationShowsNone() {
    JsonNode reports =
        AgentJson.of(agent(Capability.REPORTS_STATUS, Map.of()), WANTED, null, true)
            .path("configuration");
    assertThat(reports.has("name") || reports.has("version") || reports.has("current")).isFalse();
    JsonNode accepts =
        AgentJson.of(agent(Capability.ACCEPTS_REMOTE_CONFIG, Map.of()), WANTED, null, true)
            .path("configuration");
    assertThat(accepts.path("name").asString()).isEqualTo("edge");
  }

  @Test
  void nameLabelIsTheAgentTitle() {
    AgentState a = agent(1, Map.of("service.name", "tethys", "env", "prod"));
    assertThat(fleet.nameOf(a.uid())).startsWith("env=prod (");
    agent(1, Map.of("service.name", "tethys", "env", "prod", "name", "edge-7"));
    assertThat(fleet.nameOf(a.uid())).startsWith("edge-7 (");
  }

  @Test
  void searchWithoutRecordsProvesNothing() {
    JsonNode none = FleetFindings.of(JsonMapper.shared().createArrayNode());
    assertThat(none.path("note").asString()).contains("proves nothing");
    JsonNode some =
        FleetFindings.of(
            JsonMapper.shared()
                .readTree(
                    """
                    [{"uid":"a","destinations":[{"node":"exporter:x","records":3,"findings":0}]}]
                    """));
    assertThat(some.has("note")).isFalse();
  }
}
