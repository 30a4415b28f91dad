package dev.tethys.pipeline.extension.opamp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Secret;
import dev.tethys.model.UuidV7;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.opamp.InstanceUid;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cases of the Collector's own tests, and further ones. */
class OpampSettingsTest {
  private static final String WS = "server: {ws: {endpoint: 'wss://127.0.0.1:4320/v1/opamp'}}";
  private static final String ULID = "01BX5ZZKBKACTAV9WEVGEMMVRZ";

  private static OpampSettings read(String yaml) {
    return TestPipeline.read(OpampSettings.TYPE, yaml);
  }

  @Test
  void appliesDefaults() {
    OpampSettings s = read(WS + "\ninstance_uid: " + ULID);
    assertThat(s.server().endpoint()).hasToString("wss://127.0.0.1:4320/v1/opamp");
    assertThat(s.server().polling()).isNull();
    // As Python's integers have it.
    assertThat(s.uid()).isEqualTo(UUID.fromString("015f4bff-cd73-5334-ada7-8edc1d4a6f1f"));
    assertThat(s.capabilities()).isEqualTo(1 | 4 | 0x800 | 0x4000);
    assertThat(s.parentInterval()).isEqualTo(Duration.ofSeconds(5));
    assertThat(s.parent()).isZero();
    assertThat(s.resource()).isFalse();
    assertThat(s.attributes()).isEmpty();
  }

  @Test
  void pollsOverHttp() {
    assertThat(
            read("server: {http: {endpoint: 'https://h/v1', polling_interval: 1m}}")
                .server()
                .polling())
        .isEqualTo(Duration.ofMinutes(1));
    for (String usual : new String[] {"", ", polling_interval: 0s"}) {
      assertThat(read("server: {http: {endpoint: 'http://h/v1'" + usual + "}}").server().polling())
          .isEqualTo(Duration.ofSeconds(30));
    }
  }

  @Test
  void convertsCapabilitiesToBits() {
    assertThat(
            read(WS
                    + "\ncapabilities: {reports_effective_config: false, reports_health: false,"
                    + " reports_available_components: false}")
                .capabilities())
        .isEqualTo(1);
    assertThat(read(WS + "\ncapabilities: {reports_heartbeat: true}").capabilities())
        .isEqualTo(1 | 4 | 0x800 | 0x2000 | 0x4000);
  }

  @Test
  void readsAllKeys() {
    OpampSettings s =
        read(
            """
            server:
              ws:
                endpoint: ws://h:1/x
                tls: {insecure_skip_verify: true}
                headers: {Authorization: Secret-Key abc}
                auth: bearertokenauth/opamp
            instance_uid: 0190b9b8-0000-7000-8000-00000000000a
            capabilities: {accepts_restart_command: false}
            agent_description:
              non_identifying_attributes: {a: b}
              include_resource_attributes: true
            ppid: 17
            ppid_poll_interval: 2s
            """);
    assertThat(s.server().headers()).containsEntry("authorization", new Secret("Secret-Key abc"));
    assertThat(s.server().tls().insecureSkipVerify()).isTrue();
    assertThat(s.server().auth()).extracting(Reference::id).hasToString("bearertokenauth/opamp");
    assertThat(s.uid()).hasToString("0190b9b8-0000-7000-8000-00000000000a");
    assertThat(s.attributes()).isEqualTo(Map.of("a", "b"));
    assertThat(s.resource()).isTrue();
    assertThat(s.parent()).isEqualTo(17);
    assertThat(s.parentInterval()).isEqualTo(Duration.ofSeconds(2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | opamp server must have at least ws or http set",
        "server: {} | opamp server must have at least ws or http set",
        "server: {ws: {endpoint: 'ws://a'}, http: {endpoint: 'http://a'}} | opamp server must have"
            + " only ws or http set",
        "server: {ws: {}} | opamp server endpoint must be provided",
        "server: {http: {}} | opamp server endpoint must be provided",
        "server: {http: {endpoint: 'http://a', polling_interval: -1s}} | a duration may not be"
            + " negative",
        "server: {ws: {endpoint: 'http://a'}} | ws.endpoint must be a URL that begins with ws:// or"
            + " wss://",
        "server: {http: {endpoint: 'ws://a'}} | http.endpoint must be a URL that begins with"
            + " http://",
        "server: {ws: {endpoint: 'a:4320'}} | endpoint must be a URL",
        "server: {ws: {endpoint: 'ws://a', polling_interval: 1s}} | polling_interval",
        "{server: {ws: {endpoint: 'ws://a'}}, instance_uid: 01BX5ZZKBKACTAV9WEVGEMMVRZFAIL} | opamp"
            + " instance_uid is invalid",
        "{server: {ws: {endpoint: 'ws://a'}}, instance_uid: 81BX5ZZKBKACTAV9WEVGEMMVRZ} | opamp"
            + " instance_uid is invalid",
        "{server: {ws: {endpoint: 'ws://a'}}, instance_uid: 01BX5ZZKBKACTAV9WEVGEMMVRU} | opamp"
            + " instance_uid is invalid",
        "{server: {ws: {endpoint: 'ws://a'}}, capabilities: {accepts_restart_command: true}} |"
            + " accepts_restart_command",
        "{server: {ws: {endpoint: 'ws://a'}}, capabilities: {accepts_remote_config: true}} |"
            + " accepts_remote_config",
        "{server: {ws: {endpoint: 'ws://a'}}, ppid: -1} | ppid must be",
        "{server: {ws: {endpoint: 'ws://a'}}, ppid_poll_interval: 0s} | ppid_poll_interval must be",
        "{server: {ws: {endpoint: 'ws://a', headers: {Upgrade: x}}}} | cannot be set as a header",
      })
  void reportsInvalidSettings(String yaml, String error) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error.strip());
  }

  @Test
  void parsesAllFormsOfUids() {
    UUID u = UUID.fromString("0190b9b8-1234-7abc-8def-00000000000a");
    for (String form :
        new String[] {
          u.toString(), "urn:uuid:" + u, "{" + u + "}", "0190B9B812347ABC8DEF00000000000A"
        }) {
      assertThat(InstanceUid.parse(form)).as(form).isEqualTo(u);
    }
    for (String none :
        new String[] {"", "x", u + "0", "{" + u, "0190b9b8-1234-7abc-8def_0000000000"}) {
      assertThat(InstanceUid.parse(none)).as(none).isNull();
    }
    UUID fresh = UuidV7.at(0x0190b9b81234L, new SecureRandom());
    assertThat(fresh.version()).isEqualTo(7);
    assertThat(fresh.variant()).isEqualTo(2);
    assertThat(fresh).asString().startsWith("0190b9b8-1234-7");
    assertThat(InstanceUid.of(InstanceUid.bytes(u))).isEqualTo(u);
    assertThat(UuidV7.at(1, new SecureRandom())).isNotEqualTo(UuidV7.at(1, new SecureRandom()));
  }
}
