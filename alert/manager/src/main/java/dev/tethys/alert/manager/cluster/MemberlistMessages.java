package dev.tethys.alert.manager.cluster;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.zip.CRC32;

/**
 * Messages between members in the format of memberlist's protocol version 2: a byte for the kind,
 * then a MessagePack map. A message may be wrapped, from inside out, in a compound of several
 * messages, compression, a checksum (packets only), and a label.
 */
final class MemberlistMessages {
  static final int PING = 0;
  static final int INDIRECT_PING = 1;
  static final int ACK = 2;
  static final int SUSPECT = 3;
  static final int ALIVE = 4;
  static final int DEAD = 5;
  static final int PUSH_PULL = 6;
  static final int COMPOUND = 7;
  static final int USER = 8;
  static final int COMPRESSED = 9;
  static final int ENCRYPTED = 10;
  static final int NACK = 11;
  static final int CHECKED = 12;
  static final int ERROR = 13;
  static final int LABELLED = 244;

  /** A state may be as large as that; memberlist has the same limit. */
  static final int MAX_STATE_BYTES = 20 << 20;

  /** Maximum size of a packet, so that it is not fragmented. */
  static final int PACKET_BYTES = 1400;

  /** Maximum number of members in a state. */
  static final int MAX_MEMBERS = 10_000;

  /** The longest label, in bytes. */
  static final int MAX_LABEL_BYTES = 255;

  private static final int LZW = 0;
  private static final int CHECKED_FROM = 5;

  /** Direct probe of a member. */
  record Ping(long sequence, String node, ClusterNode from) {}

  /** Request to probe a member on behalf of the sender. */
  record IndirectPing(long sequence, ClusterNode target, boolean nack, ClusterNode from) {}

  /** Suspicion about a member that did not respond. */
  record Suspect(long incarnation, String node, String from) {}

  /** Announces a live member. */
  record Alive(long incarnation, ClusterNode node) {}

  /** Announcement of a dead member; sent by the member itself when it leaves. */
  record Dead(long incarnation, String node, String from) {}

  /** State of a member as known to the sender. */
  record NodeState(ClusterNode node, long incarnation, Membership.State state) {}

  private MemberlistMessages() {}

  private static FieldWriter of(int type, int fields) {
    return new FieldWriter().type(type).map(fields);
  }

  private static FieldWriter source(FieldWriter w, ClusterNode from) {
    return w.put("SourceAddr", from.ip())
        .put("SourcePort", from.address().getPort())
        .put("SourceNode", from.name());
  }

  static byte[] ping(Ping p) {
    return source(of(PING, 5).put("SeqNo", p.sequence).put("Node", p.node), p.from).toByteArray();
  }

  static byte[] indirectPing(IndirectPing p) {
    return source(
            of(INDIRECT_PING, 8)
                .put("SeqNo", p.sequence)
                .put("Target", p.target.ip())
                .put("Port", p.target.address().getPort())
                .put("Node", p.target.name())
                .put("Nack", p.nack),
            p.from)
        .toByteArray();
  }

  static byte[] ack(long sequence) {
    return of(ACK, 2).put("SeqNo", sequence).put("Payload", new byte[0]).toByteArray();
  }

  static byte[] nack(long sequence) {
    return of(NACK, 1).put("SeqNo", sequence).toByteArray();
  }

  static byte[] suspect(Suspect s) {
    return stateMessage(SUSPECT, s.incarnation, s.node, s.from);
  }

  static byte[] dead(Dead d) {
    return stateMessage(DEAD, d.incarnation, d.node, d.from);
  }

  private static byte[] stateMessage(int type, long incarnation, String node, String from) {
    return of(type, 3)
        .put("Incarnation", incarnation)
        .put("Node", node)
        .put("From", from)
        .toByteArray();
  }

  static byte[] alive(Alive a) {
    return of(ALIVE, 6)
        .put("Incarnation", a.incarnation)
        .put("Node", a.node.name())
        .put("Addr", a.node.ip())
        .put("Port", a.node.address().getPort())
        .put("Meta", a.node.meta())
        .put("Vsn", a.node.versions())
        .toByteArray();
  }

  static byte[] error(String text) {
    return of(ERROR, 1).put("Error", text).toByteArray();
  }

  /** Wraps a user message for a stream. */
  static byte[] reliable(byte[] message) {
    return of(USER, 1).put("UserMsgLen", message.length).bytes(message).toByteArray();
  }

  static byte[] pushPull(List<NodeState> nodes, byte[] state, boolean join) {
    FieldWriter w =
        of(PUSH_PULL, 3)
            .put("Nodes", nodes.size())
            .put("UserStateLen", state.length)
            .put("Join", join);
    for (NodeState n : nodes) {
      w.map(7)
          .put("Name", n.node.name())
          .put("Addr", n.node.ip())
          .put("Port", n.node.address().getPort())
          .put("Meta", n.node.meta())
          .put("Incarnation", n.incarnation)
          .put("State", n.state.number())
          .put("Vsn", n.node.versions());
    }
    return w.bytes(state).toByteArray();
  }

  /** Combines several messages into one: at most 255, each shorter than 64 KiB. */
  static byte[] compound(List<byte[]> messages) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(PACKET_BYTES);
    out.write(COMPOUND);
    out.write(messages.size());
    for (byte[] m : messages) {
      out.write(m.length >> 8);
      out.write(m.length);
    }
    messages.forEach(out::writeBytes);
    return out.toByteArray();
  }

  static List<byte[]> parts(byte[] compound) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(compound));
    in.readByte();
    int n = in.readUnsignedByte();
    int[] lengths = new int[n];
    for (int i = 0; i < n; i++) {
      lengths[i] = in.readUnsignedShort();
    }
    List<byte[]> parts = new ArrayList<>();
    for (int length : lengths) {
      if (in.available() < length) {
        break; // the complete parts count
      }
      parts.add(in.readNBytes(length));
    }
    return parts;
  }

  static byte[] decompressed(MemberlistFields f, int limit) throws ProtocolException {
    return decompressed(f, limit, _ -> {});
  }

  /**
   * Decompresses the contents of a message.
   *
   * @param reserve called with the memory before it is allocated; may throw
   */
  static byte[] decompressed(MemberlistFields f, int limit, LongConsumer reserve)
      throws ProtocolException {
    if (f.number("Algo") != LZW) {
      throw new ProtocolException("compression number " + f.number("Algo") + " is unknown");
    }
    byte[] b = Lzw.decompress(f.bytes("Buf"), limit, reserve);
    if (b.length == 0) {
      throw new ProtocolException("a compressed message is empty");
    }
    return b;
  }

  /** Adds a checksum to a packet, if the member supports it. */
  static byte[] checked(byte[] message, ClusterNode to) {
    if (to.highest() < CHECKED_FROM) {
      return message;
    }
    CRC32 crc = new CRC32();
    crc.update(message);
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) CHECKED)
        .putInt((int) crc.getValue())
        .put(message)
        .array();
  }

  /** Returns the message in a packet that may have a checksum. */
  static byte[] unchecked(byte[] packet) throws ProtocolException {
    if (packet.length < 5 || (packet[0] & 0xff) != CHECKED) {
      return packet;
    }
    CRC32 crc = new CRC32();
    crc.update(packet, 5, packet.length - 5);
    if ((int) crc.getValue() != ByteBuffer.wrap(packet).getInt(1)) {
      throw new ProtocolException("a packet has a wrong checksum");
    }
    byte[] b = new byte[packet.length - 5];
    System.arraycopy(packet, 5, b, 0, b.length);
    return b;
  }

  /** Returns the header of each packet and stream in a cluster with a label. */
  static byte[] labelHeader(String label) {
    byte[] l = label.getBytes(StandardCharsets.UTF_8);
    if (l.length == 0) {
      return l;
    }
    byte[] b = new byte[2 + l.length];
    b[0] = (byte) LABELLED;
    b[1] = (byte) l.length;
    System.arraycopy(l, 0, b, 2, l.length);
    return b;
  }

  static MemberlistFields fields(byte[] message) throws IOException {
    return MemberlistFields.read(new ByteArrayInputStream(message, 1, message.length - 1));
  }

  private static ClusterNode source(MemberlistFields f) throws ProtocolException {
    byte[] ip = f.bytes("SourceAddr");
    return ip.length == 0
        ? ClusterNode.of(f.text("SourceNode"), new byte[4], 0, new byte[0], new byte[0])
        : ClusterNode.of(
            f.text("SourceNode"), ip, f.number("SourcePort"), new byte[0], new byte[0]);
  }

  static Ping ping(MemberlistFields f) throws ProtocolException {
    return new Ping(f.number("SeqNo"), f.text("Node"), source(f));
  }

  static IndirectPing indirectPing(MemberlistFields f) throws ProtocolException {
    ClusterNode target =
        ClusterNode.of(
            f.text("Node"), f.bytes("Target"), f.number("Port"), new byte[0], new byte[0]);
    return new IndirectPing(f.number("SeqNo"), target, f.flag("Nack"), source(f));
  }

  static Suspect suspect(MemberlistFields f) {
    return new Suspect(f.number("Incarnation"), f.text("Node"), f.text("From"));
  }

  static Dead dead(MemberlistFields f) {
    return new Dead(f.number("Incarnation"), f.text("Node"), f.text("From"));
  }

  static Alive alive(MemberlistFields f) throws ProtocolException {
    return new Alive(
        f.number("Incarnation"),
        ClusterNode.of(
            f.text("Node"), f.bytes("Addr"), f.number("Port"), f.bytes("Meta"), f.bytes("Vsn")));
  }

  static NodeState nodeState(MemberlistFields f) throws ProtocolException {
    return new NodeState(
        ClusterNode.of(
            f.text("Name"), f.bytes("Addr"), f.number("Port"), f.bytes("Meta"), f.bytes("Vsn")),
        f.number("Incarnation"),
        Membership.State.of(f.number("State")));
  }
}
