package dev.tethys.codec.opamp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class AgentToServerTest {
  private static final byte[] UID = new byte[16];

  private static AgentToServer message() {
    return new AgentToServer(
        UID,
        7,
        0x1803,
        new Description(
            new LinkedHashMap<>(Map.of("service.name", "edge")),
            new LinkedHashMap<>(Map.of("host.name", "n1"))),
        new ComponentHealth(
            false,
            1,
            "down",
            "StatusRecoverableError",
            2,
            Map.of("pipeline:logs", new ComponentHealth(true, 0, "", "StatusOK", 3, Map.of()))),
        "receivers: {}\n",
        null,
        true,
        new RemoteStatus(new byte[] {1, 2}, RemoteStatus.State.FAILED, "a.yaml:1:2: wrong"),
        true,
        new CustomMessage("c", "t", "d".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void readsAgentMessages() {
    AgentToServer m = AgentToServer.unframed(message().framed());
    assertThat(m.uid()).isEqualTo(UID);
    assertThat(m.sequence()).isEqualTo(7);
    assertThat(m.capabilities()).isEqualTo(0x1803);
    assertThat(m.description()).isEqualTo(message().description());
    assertThat(m.health()).isEqualTo(message().health());
    assertThat(m.config()).isEqualTo("receivers: {}\n");
    assertThat(m.disconnects()).isTrue();
    assertThat(m.requestsUid()).isTrue();
    assertThat(requireNonNull(m.remote()).state()).isEqualTo(RemoteStatus.State.FAILED);
    assertThat(requireNonNull(m.remote()).hash()).containsExactly(1, 2);
    assertThat(requireNonNull(m.remote()).error()).isEqualTo("a.yaml:1:2: wrong");
    assertThat(requireNonNull(m.custom()).capability()).isEqualTo("c");
    assertThat(requireNonNull(m.custom()).data()).asString(StandardCharsets.UTF_8).isEqualTo("d");
  }

  @Test
  void absentPartsAreUnchanged() {
    AgentToServer m =
        AgentToServer.unframed(
            new AgentToServer(UID, 1, 1, null, null, null, null, false, null, false, null)
                .framed());
    assertThat(m.description()).isNull();
    assertThat(m.health()).isNull();
    assertThat(m.config()).isNull();
    assertThat(m.remote()).isNull();
    assertThat(m.custom()).isNull();
    assertThat(m.disconnects()).isFalse();
  }

  @Test
  void instanceUidHasSixteenBytes() {
    byte[] shorter = new ProtoWriter().bytes(1, new byte[3]).toByteArray();
    assertThatThrownBy(() -> AgentToServer.decoded(shorter, 0, shorter.length))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("an instance uid of 3 bytes");
  }

  @Test
  void boundsNestingOfHealth() {
    byte[] inner = {};
    for (int i = 0; i < 10_000; i++) {
      byte[] entry = new ProtoWriter().string(1, "p").bytes(2, inner).toByteArray();
      inner = new ProtoWriter().bytes(6, entry).toByteArray();
    }
    byte[] all = new ProtoWriter().bytes(1, UID).bytes(5, inner).toByteArray();
    assertThatThrownBy(() -> AgentToServer.decoded(all, 0, all.length))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("nested deeper than 16");
  }

  @Test
  void damagedMessagesAreErrors() {
    Random random = new Random(7);
    byte[] whole = message().encoded();
    int errors = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] b = whole.clone();
      for (int k = 0; k <= random.nextInt(4); k++) {
        b[random.nextInt(b.length)] = (byte) random.nextInt();
      }
      try {
        AgentToServer.decoded(b, 0, random.nextInt(b.length + 1));
      } catch (CodecException e) {
        errors++;
      }
    }
    assertThat(errors).isBetween(1, 49_999);
  }

  @Test
  void agentReadsServerMessages() {
    TreeMap<String, RemoteConfig.File> files =
        new TreeMap<>(
            Map.of(
                "a",
                RemoteConfig.File.yaml("x: 1\n"),
                "b",
                new RemoteConfig.File("{}", "application/json")));
    byte[] hash = {9, 8};
    ServerToAgent sent =
        new ServerToAgent(
            new ServerToAgent.Failure(true, "busy", Duration.ofSeconds(3)),
            true,
            false,
            UID,
            Duration.ofSeconds(20),
            new RemoteConfig(files, hash),
            "",
            new CustomMessage("c", "start", new byte[] {4}));
    ServerToAgent read = ServerToAgent.unframed(sent.framed(UID, 7, List.of("c")));
    assertThat(read.error()).isEqualTo(sent.error());
    assertThat(read.reportAll()).isTrue();
    assertThat(read.reportComponents()).isFalse();
    assertThat(read.newUid()).isEqualTo(UID);
    assertThat(read.heartbeat()).isEqualTo(Duration.ofSeconds(20));
    assertThat(requireNonNull(read.config()).files()).isEqualTo(files);
    assertThat(requireNonNull(read.config()).hash()).isEqualTo(hash);
    assertThat(read.unsupported()).isEmpty();
    CustomMessage custom = requireNonNull(read.custom());
    assertThat(custom.capability()).isEqualTo("c");
    assertThat(custom.type()).isEqualTo("start");
    assertThat(custom.data()).containsExactly(4);
  }
}
