package dev.tethys.insight.incidents;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Records of incidents. A record is a version (one byte, 1), a type (one byte), the id of the
 * incident and further fields. Numbers are big-endian; times and floating-point numbers have eight
 * bytes, counts four. A text is its length (four bytes) and UTF-8. Types are:
 *
 * <ul>
 *   <li>0, incident without its entries: key of the cause, title, detail, critical (one byte),
 *       query, entity (kind, id, name), start, last seen, end (0 if open), acknowledged by,
 *       acknowledged at (0 if not), rate, peak rate and number of requests, id of the incident that
 *       continues it, number of entries left out, count of affected entities and these
 *   <li>1, entry: time, kind (one byte), key, title, detail, author, id of the entity, query
 * </ul>
 *
 * A later record of type 0 replaces an earlier one of the same id.
 */
final class IncidentRecord {
  private static final int VERSION = 1;
  private static final int HEAD = 0;
  private static final int EVENT = 1;

  /** Longest text in bytes. */
  private static final int MAX_TEXT = 64 << 10;

  private static final int MAX_ENTITIES = 1_000;

  /** Receives what a record contains. */
  interface Target {
    /** Takes an incident without entries. */
    void head(Incident i);

    void event(String incident, IncidentEvent e);
  }

  private IncidentRecord() {}

  static byte[] head(Incident i) {
    return written(
        HEAD,
        i.id(),
        out -> {
          text(out, i.cause());
          text(out, i.title());
          text(out, i.detail());
          out.writeBoolean(i.critical());
          text(out, i.query());
          entity(out, i.entity());
          out.writeLong(i.start());
          out.writeLong(i.lastSeen());
          out.writeLong(i.end());
          text(out, i.acknowledgedBy());
          out.writeLong(i.acknowledgedAt());
          out.writeDouble(i.requestRate());
          out.writeDouble(i.peakRate());
          out.writeDouble(i.requests());
          text(out, i.continuedIn());
          out.writeInt(i.omitted());
          out.writeInt(i.affected().size());
          for (IncidentEntity e : i.affected()) {
            entity(out, e);
          }
        });
  }

  static byte[] event(String incident, IncidentEvent e) {
    return written(
        EVENT,
        incident,
        out -> {
          out.writeLong(e.time());
          out.writeByte(e.kind().code());
          text(out, e.key());
          text(out, e.title());
          text(out, e.detail());
          text(out, e.by());
          text(out, e.entity());
          text(out, e.query());
        });
  }

  private interface Fields {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] written(int type, String id, Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeByte(type);
      text(out, id);
      fields.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // not of a buffer
    }
    return bytes.toByteArray();
  }

  private static void text(DataOutputStream out, String s) throws IOException {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(b.length, MAX_TEXT);
    out.writeInt(length);
    out.write(b, 0, length);
  }

  private static void entity(DataOutputStream out, IncidentEntity e) throws IOException {
    text(out, e.kind());
    text(out, e.id());
    text(out, e.name());
  }

  /**
   * Reads a record.
   *
   * @throws IOException if it is not a record of this version
   */
  static void read(byte[] payload, Target to) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload));
    int version = in.readByte();
    if (version != VERSION) {
      throw new IOException(
          "a record of incidents has version " + version + "; this program reads " + VERSION);
    }
    int type = in.readByte();
    String id = text(in);
    switch (type) {
      case HEAD -> to.head(head(id, in));
      case EVENT -> to.event(id, event(in));
      default -> throw new IOException("a record of incidents has an unknown type " + type);
    }
  }

  private static Incident head(String id, DataInputStream in) throws IOException {
    String cause = text(in);
    String title = text(in);
    String detail = text(in);
    boolean critical = in.readBoolean();
    String query = text(in);
    IncidentEntity entity = entity(in);
    long start = in.readLong();
    long lastSeen = in.readLong();
    long end = in.readLong();
    String acknowledgedBy = text(in);
    long acknowledgedAt = in.readLong();
    double rate = in.readDouble();
    double peak = in.readDouble();
    double requests = in.readDouble();
    String continuedIn = text(in);
    int omitted = in.readInt();
    int n = in.readInt();
    if (n < 0 || n > MAX_ENTITIES) {
      throw new IOException("a record of incidents has " + n + " affected entities");
    }
    List<IncidentEntity> affected = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      affected.add(entity(in));
    }
    return new Incident(
        id,
        cause,
        List.of(),
        entity,
        title,
        detail,
        critical,
        query,
        start,
        lastSeen,
        end,
        acknowledgedBy,
        acknowledgedAt,
        List.copyOf(affected),
        rate,
        peak,
        requests,
        continuedIn,
        omitted,
        List.of());
  }

  private static IncidentEvent event(DataInputStream in) throws IOException {
    long time = in.readLong();
    int code = in.readByte();
    for (IncidentEvent.Kind k : IncidentEvent.Kind.values()) {
      if (k.code() == code) {
        return new IncidentEvent(
            time, k, text(in), text(in), text(in), text(in), text(in), text(in));
      }
    }
    throw new IOException("a record of incidents has an unknown kind of entry " + code);
  }

  private static IncidentEntity entity(DataInputStream in) throws IOException {
    return new IncidentEntity(text(in), text(in), text(in));
  }

  private static String text(DataInputStream in) throws IOException {
    int n = in.readInt();
    if (n < 0 || n > MAX_TEXT || n > in.available()) {
      throw new IOException("a record of incidents has a text of " + n + " bytes");
    }
    return new String(in.readNBytes(n), StandardCharsets.UTF_8);
  }
}
