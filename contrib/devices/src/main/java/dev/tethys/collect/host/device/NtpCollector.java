package dev.tethys.collect.host.device;

import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.internal.Desc;
import dev.tethys.collect.host.internal.Families;
import dev.tethys.collect.host.internal.HostFiles;
import dev.tethys.collect.host.internal.NodeCollector;
import dev.tethys.model.libc.SocketCalls;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Status of an NTP server, and a sanity check of it (RFC 5905). */
final class NtpCollector implements NodeCollector {
  private static final int SIZE = 48;
  private static final int MAX_ANSWER = 1024;
  private static final int CLIENT = 3;
  private static final int SERVER = 4;
  private static final int UNSYNCHRONISED = 3;
  private static final int MAX_STRATUM = 16;
  private static final Duration TIME_LIMIT = Duration.ofSeconds(1);
  private static final double MAX_DISPERSION = 16;
  private static final double MAX_POLL = 1 << 17;
  private static final double NANOS = 1e9;

  /** From 1900, where NTP counts from, to 1970. */
  private static final long EPOCH = 2_208_988_800L;

  private static final Desc STRATUM = gauge("stratum", "NTPD stratum.");
  private static final Desc LEAP = gauge("leap", "NTPD leap second indicator, 2 bits.");
  private static final Desc RTT = gauge("rtt_seconds", "RTT to NTPD.");
  private static final Desc OFFSET =
      gauge("offset_seconds", "ClockOffset between NTP and local clock.");
  private static final Desc REFERENCE =
      gauge("reference_timestamp_seconds", "NTPD ReferenceTime, UNIX timestamp.");
  private static final Desc ROOT_DELAY = gauge("root_delay_seconds", "NTPD RootDelay.");
  private static final Desc ROOT_DISPERSION =
      gauge("root_dispersion_seconds", "NTPD RootDispersion.");
  private static final Desc SANITY =
      gauge("sanity", "NTPD sanity according to RFC5905 heuristics and configured limits.");

  private static Desc gauge(String name, String help) {
    return Desc.gauge("node_ntp_" + name, help);
  }

  private final String server;
  private final int port;
  private final int version;
  private final int hops;
  private final Duration maxDistance;
  private final Duration tolerance;
  private final InstantSource clock;
  private Instant leapMidnight = Instant.MIN.plus(2, ChronoUnit.DAYS);

  NtpCollector(NodeExporterOptions options, InstantSource clock) {
    this.clock = clock;
    String name = options.string("collector.ntp.server");
    InetAddress literal = literal(name);
    boolean known = options.on("collector.ntp.server-is-local");
    if (!known && (literal == null || !literal.isLoopbackAddress())) {
      throw new IllegalArgumentException(
          "--collector.ntp.server: only the address of a server on this machine is accepted, except with"
              + " --collector.ntp.server-is-local");
    }
    server = name;
    port = within(options, "collector.ntp.server-port", 1, 65_535);
    version = within(options, "collector.ntp.protocol-version", 2, 4);
    hops = within(options, "collector.ntp.ip-ttl", 1, 255);
    maxDistance = options.duration("collector.ntp.max-distance");
    tolerance = options.duration("collector.ntp.local-offset-tolerance");
    if (tolerance.isNegative()) {
      throw new IllegalArgumentException(
          "--collector.ntp.local-offset-tolerance must not be negative");
    }
  }

  private static @Nullable InetAddress literal(String s) {
    try {
      return InetAddress.ofLiteral(s);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int within(NodeExporterOptions options, String flag, int least, int most) {
    int n = options.number(flag);
    if (n < least || n > most) {
      throw new IllegalArgumentException("--" + flag + " must be " + least + " to " + most);
    }
    return n;
  }

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    InetAddress address = InetAddress.getByName(server);
    int family = address instanceof Inet6Address ? SocketCalls.AF_INET6 : SocketCalls.AF_INET;
    ByteBuffer answer;
    double sent;
    double came;
    try (SocketCalls socket = new SocketCalls(family, SocketCalls.SOCK_DGRAM, 0)) {
      socket.timeout(TIME_LIMIT);
      socket.hops(hops);
      socket.connect(new InetSocketAddress(address, port));
      sent = now();
      byte[] question = new byte[SIZE];
      question[0] = (byte) (version << 3 | CLIENT);
      long mark = System.nanoTime() | 1; // echoed by the server, so that no other host can respond
      ByteBuffer.wrap(question).putLong(40, mark);
      socket.send(question);
      byte[] datagram = new byte[MAX_ANSWER];
      answer = ByteBuffer.wrap(datagram, 0, socket.receive(datagram));
      came = now();
      if (answer.limit() < SIZE || (answer.get(0) & 7) != SERVER || answer.getLong(24) != mark) {
        throw new IOException("couldn't get SNTP reply: invalid response");
      }
    }
    show(answer, sent, came, out);
  }

  private double now() {
    Instant i = clock.instant();
    return i.getEpochSecond() + i.getNano() / NANOS;
  }

  private void show(ByteBuffer a, double sent, double came, Families out) {
    int stratum = a.get(1) & 0xff;
    int leap = a.get(0) >> 6 & 3;
    double rootDelay = brief(a, 4);
    double rootDispersion = brief(a, 8);
    double reference = time(a, 16);
    double received = time(a, 32);
    double transmitted = time(a, 40);
    double rtt = Math.max(0, came - sent - (transmitted - received));
    double offset = (received - sent + (transmitted - came)) / 2;
    out.add(STRATUM, stratum);
    out.add(LEAP, leap);
    out.add(RTT, rtt);
    out.add(OFFSET, offset);
    out.add(REFERENCE, Math.max(0, reference));
    out.add(ROOT_DELAY, rootDelay);
    out.add(ROOT_DISPERSION, rootDispersion);

    double allowed = tolerance.toNanos() / NANOS;
    Instant time = Instant.ofEpochMilli(Math.round((came + offset) * 1000));
    if (leap == 1 || leap == 2) {
      leapMidnight = time.truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
    }
    if (leapMidnight.minus(1, ChronoUnit.DAYS).isBefore(time)
        && time.isBefore(leapMidnight.plus(1, ChronoUnit.DAYS))) {
      allowed += 1; // the second may be smeared over the day
    }
    double fresh = transmitted - reference;
    boolean valid =
        stratum > 0
            && stratum < MAX_STRATUM
            && leap != UNSYNCHRONISED
            && fresh >= 0
            && fresh <= MAX_POLL
            && rootDelay / 2 + rootDispersion <= MAX_DISPERSION;
    double distance = (rtt + rootDelay) / 2 + rootDispersion;
    double error = Math.max(0, Math.max(sent - received, transmitted - came));
    out.add(SANITY, valid && distance <= maxDistance.toNanos() / NANOS && error <= allowed ? 1 : 0);
  }

  /** Reads 16 bits of seconds and 16 bits of fraction. */
  private static double brief(ByteBuffer b, int at) {
    return Integer.toUnsignedLong(b.getInt(at)) / 65_536.0;
  }

  /** Seconds since 1970; times before 1968 belong to the era that starts in 2036. */
  private static double time(ByteBuffer b, int at) {
    long seconds = Integer.toUnsignedLong(b.getInt(at));
    if (seconds != 0 && seconds < 1L << 31) {
      seconds += 1L << 32;
    }
    return seconds - EPOCH + Integer.toUnsignedLong(b.getInt(at + 4)) / 4_294_967_296.0;
  }
}
