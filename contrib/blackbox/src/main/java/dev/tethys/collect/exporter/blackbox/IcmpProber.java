package dev.tethys.collect.exporter.blackbox;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Sends an echo request (RFC 792, RFC 4443) and waits for its reply. */
final class IcmpProber implements Prober {
  private static final String TEXT = "Prometheus Blackbox Exporter";
  private static final int HEADER = 8;
  private static final int REQUEST_4 = 8;
  private static final int REPLY_4 = 0;
  private static final int REQUEST_6 = 128;
  private static final int REPLY_6 = 129;

  /** Interval at which a wait checks for cancellation. */
  private static final Duration SLICE = Duration.ofMillis(100);

  private static final String DURATION = "probe_icmp_duration_seconds";
  private static final String DURATION_HELP = "Duration of icmp request by phase";

  /** Starts at a random phase, so that programs that start together do not run in step. */
  private final AtomicInteger sequence =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(1 << 16));

  @Override
  public boolean probe(String target, Module module, ProbeAttempt attempt)
      throws IOException, InterruptedException {
    IcmpModule m = module.icmp();
    for (String phase : List.of("resolve", "setup", "rtt")) {
      attempt.found.gauge(DURATION, DURATION_HELP, "phase", phase, 0);
    }
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return attempt.fails("ICMP is built for Linux alone");
    }
    ProbeAttempt.ResolvedAddress found = attempt.address(target, m.ip());
    InetAddress to = found.address();
    if (to == null) {
      return false;
    }
    attempt.found.gauge(DURATION, DURATION_HELP, "phase", "resolve", found.seconds());
    InetAddress from = null;
    if (!m.sourceAddress().isEmpty()) {
      from = TcpProber.literal(m.sourceAddress());
      if (from == null) {
        return attempt.fails("Error parsing source ip address", "srcIP", m.sourceAddress());
      }
    }
    return onPlatformThread(to, from, m, attempt);
  }

  /** Calls of the C library would keep the carrier of a virtual thread. */
  private boolean onPlatformThread(
      InetAddress to, @Nullable InetAddress from, IcmpModule m, ProbeAttempt attempt)
      throws IOException, InterruptedException {
    boolean[] success = new boolean[1];
    Exception[] failure = new Exception[1];
    Thread t =
        Thread.ofPlatform()
            .daemon()
            .name("probe-icmp")
            .start(
                () -> {
                  try {
                    success[0] = echo(to, from, m, attempt);
                  } catch (IOException | RuntimeException e) {
                    failure[0] = e;
                  }
                });
    try {
      t.join();
    } catch (InterruptedException e) {
      t.interrupt();
      throw e;
    }
    switch (failure[0]) {
      case null -> {
        return success[0];
      }
      case IOException e -> throw e;
      default -> throw new IllegalStateException(failure[0]);
    }
  }

  private boolean echo(
      InetAddress to, @Nullable InetAddress from, IcmpModule m, ProbeAttempt attempt)
      throws IOException {
    boolean four = to instanceof Inet4Address;
    long setup = System.nanoTime();
    attempt.debug("Creating socket");
    try (IcmpSocket socket = new IcmpSocket(to, from, m.ttl(), m.dontFragment())) {
      int id = ThreadLocalRandom.current().nextInt(1 << 16);
      int seq = sequence.incrementAndGet() & 0xffff;
      byte[] packet = packet(four ? REQUEST_4 : REQUEST_6, id, seq, data(m.payloadSize()), four);
      attempt.debug("Creating ICMP packet", "seq", seq, "id", id);
      attempt.found.gauge(
          DURATION,
          DURATION_HELP,
          "phase",
          "setup",
          ProbeAttempt.seconds(System.nanoTime() - setup));
      long sent = System.nanoTime();
      attempt.debug("Writing out packet");
      socket.send(packet);
      attempt.debug("Waiting for reply packets");
      while (!Thread.interrupted()) {
        long remaining = attempt.deadline - System.nanoTime();
        if (remaining <= 0) {
          return attempt.fails("Timeout reading from socket", "err", "i/o timeout");
        }
        IcmpSocket.Packet p =
            socket.receive(remaining < SLICE.toNanos() ? Duration.ofNanos(remaining) : SLICE);
        if (p != null && isReply(p.bytes(), packet, four, socket.isRaw())) {
          attempt.found.gauge(
              DURATION,
              DURATION_HELP,
              "phase",
              "rtt",
              ProbeAttempt.seconds(System.nanoTime() - sent));
          if (p.hopLimit() != null) {
            attempt.found.gauge(
                "probe_icmp_reply_hop_limit",
                "Replied packet hop limit (TTL for ipv4)",
                p.hopLimit());
          }
          attempt.debug("Found matching reply packet");
          return true;
        }
      }
      return attempt.fails("the probe was cancelled");
    }
  }

  private static byte[] data(int size) {
    byte[] text = TEXT.getBytes(StandardCharsets.US_ASCII);
    return size == 0 ? text : Arrays.copyOf(text, size);
  }

  static byte[] packet(int type, int id, int seq, byte[] data, boolean checked) {
    byte[] p = new byte[HEADER + data.length];
    p[0] = (byte) type;
    p[4] = (byte) (id >> 8);
    p[5] = (byte) id;
    p[6] = (byte) (seq >> 8);
    p[7] = (byte) seq;
    System.arraycopy(data, 0, p, HEADER, data.length);
    if (checked) { // the kernel adds that of IPv6
      int sum = IcmpSocket.checksum(p);
      p[2] = (byte) (sum >> 8);
      p[3] = (byte) sum;
    }
    return p;
  }

  /** Whether type, identifier (if it is ours), sequence and data match the request. */
  private static boolean isReply(byte[] reply, byte[] request, boolean four, boolean raw) {
    return reply.length == request.length
        && (reply[0] & 0xff) == (four ? REPLY_4 : REPLY_6)
        && (!raw || reply[4] == request[4] && reply[5] == request[5])
        && Arrays.equals(reply, 6, reply.length, request, 6, request.length);
  }
}
