package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Message of an agent to its server; a part that is null is unchanged since the last message.
 *
 * @param uid 16 bytes
 * @param sequence one more than in the message before
 * @param capabilities bits of {@link Capability}
 * @param config effective configuration as text in YAML
 * @param available components of the agent; not decoded
 * @param disconnects whether this is the last message
 * @param remote state of the configuration that the server offered
 * @param requestsUid whether the agent requests an instance uid
 * @param custom null if none
 * @param packages states of packages
 * @param customCapabilities capabilities other than of the custom message; empty if unchanged
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record AgentToServer(
    byte[] uid,
    long sequence,
    long capabilities,
    @Nullable Description description,
    @Nullable ComponentHealth health,
    @Nullable String config,
    @Nullable Available available,
    boolean disconnects,
    @Nullable RemoteStatus remote,
    boolean requestsUid,
    @Nullable CustomMessage custom,
    @Nullable PackageStatuses packages,
    List<String> customCapabilities) {

  /** A message without states of packages and news of custom capabilities. */
  public AgentToServer(
      byte[] uid,
      long sequence,
      long capabilities,
      @Nullable Description description,
      @Nullable ComponentHealth health,
      @Nullable String config,
      @Nullable Available available,
      boolean disconnects,
      @Nullable RemoteStatus remote,
      boolean requestsUid,
      @Nullable CustomMessage custom) {
    this(
        uid,
        sequence,
        capabilities,
        description,
        health,
        config,
        available,
        disconnects,
        remote,
        requestsUid,
        custom,
        null,
        List.of());
  }

  /** The same message of an agent with another uid. */
  public AgentToServer withUid(byte[] other) {
    return new AgentToServer(
        other,
        sequence,
        capabilities,
        description,
        health,
        config,
        available,
        disconnects,
        remote,
        requestsUid,
        custom,
        packages,
        customCapabilities);
  }

  /** Capability bits of an agent. */
  public static final class Capability {
    public static final long REPORTS_STATUS = 1;
    public static final long ACCEPTS_REMOTE_CONFIG = 2;
    public static final long REPORTS_EFFECTIVE_CONFIG = 4;
    public static final long ACCEPTS_PACKAGES = 8;
    public static final long REPORTS_PACKAGE_STATUSES = 0x10;
    public static final long REPORTS_HEALTH = 0x800;
    public static final long REPORTS_REMOTE_CONFIG = 0x1000;
    public static final long REPORTS_HEARTBEAT = 0x2000;
    public static final long REPORTS_AVAILABLE_COMPONENTS = 0x4000;

    private Capability() {}
  }

  /** Agent identity. */
  public record Description(
      SequencedMap<String, String> identifying, SequencedMap<String, String> others) {}

  /**
   * Components available in an agent.
   *
   * @param hash hash over all of them
   * @param kinds for each component kind, the types and the code location of each type; null if
   *     only the hash is sent
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Available(byte[] hash, @Nullable Map<String, Map<String, String>> kinds) {}

  /**
   * State of a remote configuration at the agent.
   *
   * @param hash hash of the last configuration received; empty if none
   * @param error "" unless it failed
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  public record RemoteStatus(byte[] hash, State state, String error) {
    /** States in the order of their numbers. */
    public enum State {
      UNSET,
      APPLIED,
      APPLYING,
      FAILED
    }
  }

  /**
   * Reads a message.
   *
   * @throws dev.tethys.codec.CodecException if the bytes are not such a message
   */
  public static AgentToServer decoded(byte[] bytes, int offset, int length) {
    return AgentMessages.read(bytes, offset, length);
  }

  /** Reads a message as WebSockets carry it: after a header of 0, which old clients omit. */
  public static AgentToServer unframed(byte[] bytes) {
    int head = bytes.length > 0 && bytes[0] == 0 ? 1 : 0; // no field has the number 0
    return decoded(bytes, head, bytes.length - head);
  }

  /** The message. */
  public byte[] encoded() {
    ProtoWriter w = new ProtoWriter(1 << 10);
    write(w);
    return w.toByteArray();
  }

  /** The message as WebSockets carry it: after a header, which is 0. */
  public byte[] framed() {
    ProtoWriter w = new ProtoWriter(1 << 10);
    w.varint(0);
    write(w);
    return w.toByteArray();
  }

  private void write(ProtoWriter w) {
    w.bytes(1, uid).int64Unless0(2, sequence);
    if (description != null) {
      int m = w.begin(3);
      attributes(w, 1, description.identifying);
      attributes(w, 2, description.others);
      w.end(m);
    }
    w.int64Unless0(4, capabilities);
    if (health != null) {
      int m = w.begin(5);
      health.write(w);
      w.end(m);
    }
    if (config != null) {
      int m = w.begin(6);
      int files = w.begin(1);
      int entry = w.begin(1);
      w.string(1, "");
      int file = w.begin(2);
      w.bytes(1, config.getBytes(StandardCharsets.UTF_8)).string(2, "text/yaml");
      w.end(file);
      w.end(entry);
      w.end(files);
      w.end(m);
    }
    if (remote != null) {
      int m = w.begin(7);
      w.bytes(1, remote.hash).int64Unless0(2, remote.state.ordinal());
      w.stringUnlessEmpty(3, remote.error);
      w.end(m);
    }
    if (packages != null) {
      packages.write(w, 8);
    }
    if (disconnects) {
      w.end(w.begin(9));
    }
    w.int64Unless0(10, requestsUid ? 1 : 0);
    if (custom != null || !customCapabilities.isEmpty()) {
      int m = w.begin(12);
      if (custom != null && !customCapabilities.contains(custom.capability())) {
        w.string(1, custom.capability());
      }
      customCapabilities.forEach(c -> w.string(1, c));
      w.end(m);
    }
    if (custom != null) {
      custom.write(w, 13);
    }
    if (available != null) {
      int m = w.begin(14);
      components(w, available.kinds);
      w.bytes(2, available.hash);
      w.end(m);
    }
  }

  private static void components(ProtoWriter w, @Nullable Map<String, Map<String, String>> kinds) {
    if (kinds == null) {
      return;
    }
    kinds.forEach(
        (kind, types) -> {
          int entry = w.begin(1);
          w.string(1, kind);
          int details = w.begin(2);
          types.forEach(
              (type, code) -> {
                int sub = w.begin(2);
                w.string(1, type);
                int of = w.begin(2);
                attribute(w, 1, "code.namespace", code);
                w.end(of);
                w.end(sub);
              });
          w.end(details);
          w.end(entry);
        });
  }

  private static void attributes(ProtoWriter w, int field, Map<String, String> of) {
    of.forEach((k, v) -> attribute(w, field, k, v));
  }

  private static void attribute(ProtoWriter w, int field, String key, String text) {
    int pair = w.begin(field);
    w.string(1, key);
    int value = w.begin(2);
    w.string(1, text);
    w.end(value);
    w.end(pair);
  }
}
