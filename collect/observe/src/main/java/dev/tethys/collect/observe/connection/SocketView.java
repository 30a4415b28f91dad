package dev.tethys.collect.observe.connection;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;

/**
 * State of a TCP socket. One object is reused for all events, so that reading an event allocates
 * nothing.
 */
public final class SocketView {
  /** Size of struct endpoint in types.h. */
  public static final int ENDPOINT_BYTES = 64;

  /** Size of struct tcp_counts in types.h. */
  public static final int COUNTS_BYTES = 24;

  private static final int AF_INET = 2;
  private static final java.lang.foreign.ValueLayout.OfLong BIG =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final java.lang.foreign.ValueLayout.OfInt BIG_INT =
      JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);

  long socket;
  long cgroup;
  int namespace;
  int process;
  int localPort;
  int remotePort;
  int state;
  long localHigh;
  long localLow;
  long remoteHigh;
  long remoteLow;
  long sent;
  long received;
  long smoothedRttMicros;
  long retransmits;

  /** Reads struct endpoint. */
  public void readEndpoint(MemorySegment m, long at) {
    socket = m.get(JAVA_LONG, at);
    cgroup = m.get(JAVA_LONG, at + 8);
    namespace = m.get(JAVA_INT, at + 16);
    localPort = m.get(JAVA_SHORT, at + 22) & 0xffff;
    remotePort = Short.reverseBytes(m.get(JAVA_SHORT, at + 24)) & 0xffff;
    state = m.get(JAVA_BYTE, at + 26);
    if (m.get(JAVA_SHORT, at + 20) == AF_INET) {
      local(0, mapped(m.get(BIG_INT, at + 28)));
      remote(0, mapped(m.get(BIG_INT, at + 44)));
    } else {
      local(m.get(BIG, at + 28), m.get(BIG, at + 36));
      remote(m.get(BIG, at + 44), m.get(BIG, at + 52));
    }
  }

  /** Reads struct tcp_counts. */
  void readCounts(MemorySegment m, long at) {
    sent = m.get(JAVA_LONG, at);
    received = m.get(JAVA_LONG, at + 8);
    smoothedRttMicros = m.get(JAVA_INT, at + 16) & 0xffff_ffffL;
    retransmits = m.get(JAVA_INT, at + 20) & 0xffff_ffffL;
  }

  private static long mapped(int v4) {
    return 0xffff_0000_0000L | v4 & 0xffff_ffffL;
  }

  void local(long high, long low) {
    localHigh = high;
    localLow = low;
  }

  void remote(long high, long low) {
    remoteHigh = high;
    remoteLow = low;
  }

  /** Sets the process that uses the socket. */
  public void process(int id) {
    process = id;
  }

  /** Address of the socket in the kernel, which is its number. */
  public long socket() {
    return socket;
  }

  /** Both ports in one number, as payload.c compares them. */
  public long ports() {
    return (long) localPort << 16 | Short.reverseBytes((short) remotePort) & 0xffff;
  }

  /** Returns the local port. */
  public int localPort() {
    return localPort;
  }

  /** Returns the remote port. */
  public int remotePort() {
    return remotePort;
  }

  IpAddress localAddress() {
    return new IpAddress(localHigh, localLow);
  }

  IpAddress remoteAddress() {
    return new IpAddress(remoteHigh, remoteLow);
  }
}
