package dev.tethys.codec.opamp;

import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.AgentToServer.RemoteStatus;
import dev.tethys.codec.protobuf.ProtoReader;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Decoder of messages of agents, on the side of the server. */
final class AgentMessages {
  /** Deepest nesting of component health and of attribute values. */
  static final int MAX_DEPTH = 16;

  /** Maximum number of custom capabilities read from a message. */
  private static final int MAX_CUSTOM = 64;

  /** Maximum number of attributes read from a description; further ones are skipped. */
  static final int MAX_ATTRIBUTES = 256;

  /**
   * Maximum number of components whose health is read from a message, over all levels; further ones
   * are skipped. An empty component is 4 bytes of a message and 200 of memory.
   */
  static final int MAX_COMPONENTS = 1000;

  /** Maximum number of files read from an effective configuration; further ones are skipped. */
  private static final int MAX_FILES = 256;

  private int components;

  private AgentMessages() {}

  static AgentToServer read(byte[] bytes, int offset, int length) {
    return new AgentMessages().message(bytes, offset, length);
  }

  private AgentToServer message(byte[] bytes, int offset, int length) {
    ProtoReader r = new ProtoReader().reset(bytes, offset, length);
    byte[] uid = {};
    long sequence = 0;
    long capabilities = 0;
    long flags = 0;
    Description description = null;
    ComponentHealth health = null;
    String config = null;
    RemoteStatus remote = null;
    CustomMessage custom = null;
    PackageStatuses packages = null;
    List<String> customCapabilities = List.of();
    boolean disconnects = false;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> uid = r.readBytes();
        case 2 -> sequence = r.readLong();
        case 3 -> description = description(r);
        case 4 -> capabilities = r.readLong();
        case 5 -> health = health(r, 0);
        case 6 -> config = effective(r);
        case 7 -> remote = remote(r);
        case 8 -> packages = PackageStatuses.read(r);
        case 9 -> {
          r.skip();
          disconnects = true;
        }
        case 10 -> flags = r.readLong();
        case 12 -> customCapabilities = customCapabilities(r);
        case 13 -> custom = CustomMessage.read(r);
        default -> r.skip();
      }
    }
    if (uid.length != ServerToAgent.UID_BYTES) {
      throw r.malformed("an instance uid of " + uid.length + " bytes, not 16");
    }
    return new AgentToServer(
        uid,
        sequence,
        capabilities,
        description,
        health,
        config,
        null,
        disconnects,
        remote,
        (flags & 1) != 0,
        custom,
        packages,
        customCapabilities);
  }

  private static List<String> customCapabilities(ProtoReader r) {
    List<String> out = new ArrayList<>();
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 1 && out.size() < MAX_CUSTOM) {
        out.add(r.readString());
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return List.copyOf(out);
  }

  private static Description description(ProtoReader r) {
    SequencedMap<String, String> identifying = new LinkedHashMap<>();
    SequencedMap<String, String> others = new LinkedHashMap<>();
    int outer = r.enter();
    while (r.next()) {
      if (identifying.size() + others.size() >= MAX_ATTRIBUTES) {
        r.skip();
        continue;
      }
      switch (r.field()) {
        case 1 -> attribute(r, identifying);
        case 2 -> attribute(r, others);
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Description(identifying, others);
  }

  private static void attribute(ProtoReader r, Map<String, String> into) {
    MapEntry.read(r, v -> value(v, 0), "", into::put);
  }

  /** An AnyValue as text. */
  private static String value(ProtoReader r, int depth) {
    if (depth > MAX_DEPTH) {
      throw r.malformed("attribute values nested deeper than " + MAX_DEPTH);
    }
    String out = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> out = r.readString();
        case 2 -> out = String.valueOf(r.readBool());
        case 3 -> out = String.valueOf(r.readLong());
        case 4 -> out = String.valueOf(r.readDouble());
        case 5 -> out = list(r, depth);
        case 6 -> out = map(r, depth);
        case 7 -> out = HexFormat.of().formatHex(r.readBytes());
        default -> r.skip();
      }
    }
    r.leave(outer);
    return out;
  }

  private static String list(ProtoReader r, int depth) {
    StringBuilder out = new StringBuilder();
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 1) {
        out.append(out.isEmpty() ? "" : ",").append(value(r, depth + 1));
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return out.toString();
  }

  private static String map(ProtoReader r, int depth) {
    StringBuilder out = new StringBuilder();
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 1) {
        MapEntry.read(
            r,
            v -> value(v, depth + 1),
            "",
            (k, v) -> out.append(out.isEmpty() ? "" : ",").append(k).append('=').append(v));
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return out.toString();
  }

  private ComponentHealth health(ProtoReader r, int depth) {
    if (depth > MAX_DEPTH) {
      throw r.malformed("component health nested deeper than " + MAX_DEPTH);
    }
    boolean healthy = false;
    long start = 0;
    String error = "";
    String status = "";
    long statusNanos = 0;
    Map<String, ComponentHealth> parts = new LinkedHashMap<>(0);
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> healthy = r.readBool();
        case 2 -> start = r.readFixed64();
        case 3 -> error = r.readString();
        case 4 -> status = r.readString();
        case 5 -> statusNanos = r.readFixed64();
        case 6 -> {
          if (components++ < MAX_COMPONENTS) {
            MapEntry.read(r, v -> health(v, depth + 1), null, parts::put);
          } else {
            r.skip();
          }
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new ComponentHealth(healthy, start, error, status, statusNanos, parts);
  }

  private static @Nullable String effective(ProtoReader r) {
    SequencedMap<String, RemoteConfig.File> files = new TreeMap<>();
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 1) {
        RemoteConfig.files(r, files, MAX_FILES);
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    if (files.size() == 1) {
      return files.firstEntry().getValue().text();
    }
    StringBuilder all = new StringBuilder();
    files.forEach(
        (name, file) ->
            all.append("--- # ").append(name).append('\n').append(file.text()).append('\n'));
    return all.toString();
  }

  private static RemoteStatus remote(ProtoReader r) {
    byte[] hash = {};
    RemoteStatus.State state = RemoteStatus.State.UNSET;
    String error = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.field()) {
        case 1 -> hash = r.readBytes();
        case 2 -> {
          long n = r.readLong();
          RemoteStatus.State[] all = RemoteStatus.State.values();
          state = n > 0 && n < all.length ? all[(int) n] : RemoteStatus.State.UNSET;
        }
        case 3 -> error = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new RemoteStatus(hash, state, error);
  }
}
