package dev.tethys.collect.exporter.snmp.wire;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An agent of version 2c that can be made to misbehave; values are written unchanged given. */
public final class AgentDouble implements AutoCloseable {
  /** What it does with a response before it sends it; null to send nothing. */
  public interface Fault {
    byte @Nullable [] of(byte[] answer, int request);
  }

  private final DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
  private final NavigableMap<Oid, byte[]> objects = new TreeMap<>();
  private final AtomicInteger requests = new AtomicInteger();
  private volatile Fault fault = (a, n) -> a;
  private volatile UnaryOperator<Oid> naming = UnaryOperator.identity();
  private volatile int errorStatus;

  public AgentDouble() throws IOException {
    Thread.ofVirtual().start(this::serve);
  }

  /** As a target. */
  public String target() {
    return "127.0.0.1:" + socket.getLocalPort();
  }

  /** An object with a value, its tag first. */
  public AgentDouble has(String oid, int tag, byte... content) {
    objects.put(Oid.parse(oid), new BerWriter().value(tag, content).bytes());
    return this;
  }

  public AgentDouble number(String oid, long v) {
    objects.put(Oid.parse(oid), new BerWriter().integer(v).bytes());
    return this;
  }

  public AgentDouble text(String oid, byte[] v) {
    return has(oid, Ber.OCTET_STRING, v);
  }

  public AgentDouble behaves(Fault f) {
    fault = f;
    return this;
  }

  /** Names that it gives instead of the right ones. */
  public AgentDouble names(UnaryOperator<Oid> n) {
    naming = n;
    return this;
  }

  public AgentDouble fails(int status) {
    errorStatus = status;
    return this;
  }

  private void serve() {
    try {
      while (true) {
        DatagramPacket p = new DatagramPacket(new byte[65_507], 65_507);
        socket.receive(p);
        int n = requests.incrementAndGet();
        byte[] answer = fault.of(answer(Arrays.copyOf(p.getData(), p.getLength())), n);
        if (answer != null) {
          socket.send(new DatagramPacket(answer, answer.length, p.getSocketAddress()));
        }
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private byte[] answer(byte[] request) throws IOException {
    BerReader all = new BerReader(request, 0, request.length).inside(Ber.SEQUENCE);
    final long version = all.integer();
    final byte[] community = all.string();
    int type = all.tag();
    BerReader in = all.inside(type);
    final long id = in.integer();
    in.integer();
    long repetitions = in.integer();
    Oid asked = in.inside(Ber.SEQUENCE).inside(Ber.SEQUENCE).oid();
    BerWriter list = new BerWriter();
    Oid at = asked;
    for (int i = 0; i < (type == Pdu.GET_BULK ? repetitions : 1); i++) {
      Oid next = type == Pdu.GET ? at : objects.higherKey(at);
      byte[] value = next == null ? null : objects.get(next);
      BerWriter b = new BerWriter();
      if (next == null || value == null) {
        int tag = type == Pdu.GET ? Ber.NO_SUCH_INSTANCE : Ber.END_OF_VIEW;
        list.value(Ber.SEQUENCE, b.oid(at).value(tag, new byte[0]));
        break;
      }
      list.value(Ber.SEQUENCE, joined(b.oid(naming.apply(next)).bytes(), value));
      at = next;
    }
    return new BerWriter()
        .value(
            Ber.SEQUENCE,
            new BerWriter()
                .integer(version)
                .string(community)
                .value(
                    Pdu.RESPONSE,
                    new BerWriter()
                        .integer(id)
                        .integer(errorStatus)
                        .integer(0)
                        .value(Ber.SEQUENCE, list)))
        .bytes();
  }

  private static byte[] joined(byte[] a, byte[] b) {
    byte[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  /** Bytes from numbers. */
  public static byte[] bytes(int... of) {
    byte[] b = new byte[of.length];
    for (int i = 0; i < b.length; i++) {
      b[i] = (byte) of[i];
    }
    return b;
  }

  @Override
  public void close() {
    socket.close();
  }
}
