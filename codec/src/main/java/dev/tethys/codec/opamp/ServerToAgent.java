package dev.tethys.codec.opamp;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Message of a server to an agent.
 *
 * @param error null if none
 * @param reportAll whether the agent must report everything again
 * @param reportComponents whether the agent must report its components, too
 * @param newUid new ID of the agent, 16 bytes; null for no change
 * @param heartbeat interval of the agent's heartbeats; null if unset, zero for never
 * @param config configuration that is offered; null if none
 * @param unsupported names of other offers, which no agent of this program accepts; "" for none
 * @param custom message of a custom capability; null if none
 * @param packages package offer; null if none
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record ServerToAgent(
    @Nullable Failure error,
    boolean reportAll,
    boolean reportComponents,
    byte @Nullable [] newUid,
    @Nullable Duration heartbeat,
    @Nullable RemoteConfig config,
    String unsupported,
    @Nullable CustomMessage custom,
    @Nullable PackagesOffer packages) {
  static final int UID_BYTES = 16;
  private static final long LONGEST_SECONDS = Duration.ofDays(1).toSeconds();

  /** A message without packages. */
  public ServerToAgent(
      @Nullable Failure error,
      boolean reportAll,
      boolean reportComponents,
      byte @Nullable [] newUid,
      @Nullable Duration heartbeat,
      @Nullable RemoteConfig config,
      String unsupported,
      @Nullable CustomMessage custom) {
    this(error, reportAll, reportComponents, newUid, heartbeat, config, unsupported, custom, null);
  }

  /** Copy with packages. */
  public ServerToAgent with(@Nullable PackagesOffer offered) {
    return new ServerToAgent(
        error,
        reportAll,
        reportComponents,
        newUid,
        heartbeat,
        config,
        unsupported,
        custom,
        offered);
  }

  /** A message without a custom message. */
  public ServerToAgent(
      @Nullable Failure error,
      boolean reportAll,
      boolean reportComponents,
      byte @Nullable [] newUid,
      @Nullable Duration heartbeat,
      @Nullable RemoteConfig config,
      String unsupported) {
    this(error, reportAll, reportComponents, newUid, heartbeat, config, unsupported, null);
  }

  /**
   * Reason why a message was rejected.
   *
   * @param unavailable whether the server is overloaded: the agent may report again later
   * @param retryAfter delay of the retry; zero if unset
   */
  public record Failure(boolean unavailable, String message, Duration retryAfter) {}

  /**
   * Reads a message.
   *
   * @throws dev.tethys.codec.CodecException if the bytes are not such a message
   */
  public static ServerToAgent decoded(byte[] bytes, int offset, int length) {
    ProtoReader r = new ProtoReader().reset(bytes, offset, length);
    Failure error = null;
    long flags = 0;
    byte[] uid = null;
    Duration heartbeat = null;
    RemoteConfig config = null;
    CustomMessage custom = null;
    PackagesOffer packages = null;
    StringBuilder rest = new StringBuilder();
    while (r.next()) {
      switch (r.field()) {
        case 1, 7, 10 -> r.skip(); // for whom it is, and what the server can do
        case 2 -> error = failure(r);
        case 3 -> config = RemoteConfig.read(r);
        case 4 -> heartbeat = heartbeat(r, heartbeat);
        case 5 -> packages = PackagesOffer.read(r);
        case 6 -> flags = r.readLong();
        case 8 -> uid = identification(r);
        case 9 -> skipUnsupported(r, rest, "command");
        case 11 -> custom = CustomMessage.read(r);
        default -> r.skip();
      }
    }
    return new ServerToAgent(
        error,
        (flags & 1) != 0,
        (flags & 2) != 0,
        uid,
        heartbeat,
        config,
        rest.toString(),
        custom,
        packages);
  }

  /** Capability bits of a server. */
  public static final class Capability {
    public static final long ACCEPTS_STATUS = 1;
    public static final long OFFERS_REMOTE_CONFIG = 2;
    public static final long ACCEPTS_EFFECTIVE_CONFIG = 4;
    public static final long OFFERS_PACKAGES = 8;
    public static final long ACCEPTS_PACKAGES_STATUS = 0x10;

    private Capability() {}
  }

  /**
   * The message as a server sends it over HTTP.
   *
   * @param to instance uid of the agent
   * @param capabilities bits of {@link Capability}
   * @param customCapabilities those for which it accepts custom messages
   */
  public byte[] encoded(byte[] to, long capabilities, List<String> customCapabilities) {
    ProtoWriter w = new ProtoWriter(1 << 8);
    write(w, to, capabilities, customCapabilities);
    return w.toByteArray();
  }

  /** Encoding for WebSockets, with a header. */
  public byte[] framed(byte[] to, long capabilities, List<String> customCapabilities) {
    ProtoWriter w = new ProtoWriter(1 << 8);
    w.varint(0);
    write(w, to, capabilities, customCapabilities);
    return w.toByteArray();
  }

  private void write(ProtoWriter w, byte[] to, long capabilities, List<String> customCapabilities) {
    w.bytes(1, to);
    if (error != null) {
      int m = w.begin(2);
      w.int64(1, error.unavailable ? 2 : 1).stringUnlessEmpty(2, error.message);
      if (!error.retryAfter.isZero()) {
        int info = w.begin(3);
        w.int64(1, error.retryAfter.toNanos());
        w.end(info);
      }
      w.end(m);
    }
    if (config != null) {
      config.write(w, 3);
    }
    if (heartbeat != null) {
      int settings = w.begin(4);
      int opamp = w.begin(2);
      w.int64(4, heartbeat.toSeconds());
      w.end(opamp);
      w.end(settings);
    }
    if (packages != null) {
      packages.write(w, 5);
    }
    w.int64Unless0(6, (reportAll ? 1 : 0) | (reportComponents ? 2 : 0));
    w.int64Unless0(7, capabilities);
    if (newUid != null) {
      int m = w.begin(8);
      w.bytes(1, newUid);
      w.end(m);
    }
    if (!customCapabilities.isEmpty()) {
      int m = w.begin(10);
      customCapabilities.forEach(c -> w.string(1, c));
      w.end(m);
    }
    if (custom != null) {
      custom.write(w, 11);
    }
  }

  /** Reads a message as WebSockets carry it: after a header, which is 0, and once was not there. */
  public static ServerToAgent unframed(byte[] bytes) {
    // Field number 0 does not exist, so data that starts with 0 starts with the header.
    int head = bytes.length > 0 && bytes[0] == 0 ? 1 : 0;
    return decoded(bytes, head, bytes.length - head);
  }

  private static void skipUnsupported(ProtoReader r, StringBuilder rest, String name) {
    r.skip();
    if (rest.indexOf(name) < 0) {
      rest.append(rest.isEmpty() ? "" : ", ").append(name);
    }
  }

  private static Failure failure(ProtoReader r) {
    int outer = r.enter();
    long type = 0;
    String message = "";
    Duration after = Duration.ZERO;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> type = r.readLong();
        case 2 -> message = r.readString();
        case 3 -> {
          int info = r.enter();
          while (r.next()) {
            if (r.field() == 1) {
              long nanos = r.readLong();
              Duration longest = Duration.ofSeconds(LONGEST_SECONDS);
              // Unsigned: a negative value here is longer than any wait.
              after = nanos < 0 || nanos > longest.toNanos() ? longest : Duration.ofNanos(nanos);
            } else {
              r.skip();
            }
          }
          r.leave(info);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new Failure(type == 2, message, after);
  }

  private static byte[] identification(ProtoReader r) {
    int outer = r.enter();
    byte[] uid = {};
    while (r.next()) {
      if (r.field() == 1) {
        uid = r.readBytes();
      } else {
        r.skip();
      }
    }
    if (uid.length != UID_BYTES) {
      throw r.malformed("a new instance uid of " + uid.length + " bytes, not " + UID_BYTES);
    }
    r.leave(outer);
    return uid;
  }

  private static @Nullable Duration heartbeat(ProtoReader r, @Nullable Duration before) {
    Duration interval = before;
    int outer = r.enter();
    while (r.next()) {
      if (r.field() == 2) {
        int opamp = r.enter();
        while (r.next()) {
          if (r.field() == 4) {
            long s = r.readLong();
            interval = Duration.ofSeconds(s < 0 || s > LONGEST_SECONDS ? LONGEST_SECONDS : s);
          } else {
            r.skip();
          }
        }
        r.leave(opamp);
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return interval;
  }
}
