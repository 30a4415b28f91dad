package dev.tethys.insight.entities;

import dev.tethys.insight.entities.History.Span;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import dev.tethys.model.Labels;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Records of a {@link History}. A record is a version (one byte, 1), the number of its texts and
 * these (length as four bytes, UTF-8), the number of its changes and these. Numbers are four bytes,
 * times eight bytes of Unix milliseconds, most significant first. Texts are referred to by their
 * numbers from 0. A change is a byte and its fields:
 *
 * <ul>
 *   <li>0, start of the history: time
 *   <li>1, entity: from, to, kind (one byte), id, name, attributes (count, then name and value),
 *       keys (count, then texts), series (count, then canonical label sets as length and bytes)
 *   <li>2, relation: from, to, kind (one byte), from, to
 *   <li>3, end of an entity: id, time
 *   <li>4, end of a relation: kind (one byte), from, to, time
 * </ul>
 */
final class HistoryRecord {
  private static final int VERSION = 1;

  /** Maximum number of changes per record. */
  private static final int MAX_CHANGES = 10_000;

  /** Change to the world. */
  sealed interface Change {
    record Start(long time) implements Change {}

    record OfEntity(Span<Entity> span) implements Change {}

    record OfRelation(Span<Relation> span) implements Change {}

    record EntityEnd(String id, long time) implements Change {}

    record RelationEnd(Relation relation, long time) implements Change {}
  }

  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<String> texts = new ArrayList<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);
  private int count;

  private HistoryRecord() {}

  /** Encodes changes as records, in order. */
  static List<byte[]> write(List<Change> changes) throws IOException {
    List<byte[]> all = new ArrayList<>();
    HistoryRecord r = new HistoryRecord();
    for (Change c : changes) {
      r.put(c);
      if (r.count == MAX_CHANGES || r.bytes.size() > 4 << 20) {
        all.add(r.payload());
        r = new HistoryRecord();
      }
    }
    if (r.count > 0) {
      all.add(r.payload());
    }
    return all;
  }

  private byte[] payload() throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream(bytes.size() * 2);
    DataOutputStream to = new DataOutputStream(whole);
    to.writeByte(VERSION);
    to.writeInt(texts.size());
    for (String t : texts) {
      byte[] b = t.getBytes(StandardCharsets.UTF_8);
      to.writeInt(b.length);
      to.write(b);
    }
    to.writeInt(count);
    bytes.writeTo(to);
    return whole.toByteArray();
  }

  private void put(Change c) throws IOException {
    count++;
    switch (c) {
      case Change.Start s -> {
        out.writeByte(0);
        out.writeLong(s.time());
      }
      case Change.OfEntity e -> {
        out.writeByte(1);
        out.writeLong(e.span().from());
        out.writeLong(e.span().to());
        entity(e.span().what());
      }
      case Change.OfRelation r -> {
        out.writeByte(2);
        out.writeLong(r.span().from());
        out.writeLong(r.span().to());
        relation(r.span().what());
      }
      case Change.EntityEnd e -> {
        out.writeByte(3);
        text(e.id());
        out.writeLong(e.time());
      }
      case Change.RelationEnd e -> {
        out.writeByte(4);
        relation(e.relation());
        out.writeLong(e.time());
      }
    }
  }

  private void entity(Entity e) throws IOException {
    out.writeByte(e.kind().ordinal());
    text(e.id());
    text(e.name());
    out.writeInt(e.attributes().size());
    for (Map.Entry<String, String> a : e.attributes().entrySet()) {
      text(a.getKey());
      text(a.getValue());
    }
    out.writeInt(e.keys().size());
    for (String k : e.keys()) {
      text(k);
    }
    out.writeInt(e.series().size());
    for (Labels l : e.series()) {
      out.writeInt(l.canonicalBytes().length);
      out.write(l.canonicalBytes());
    }
  }

  private void relation(Relation r) throws IOException {
    out.writeByte(r.kind().ordinal());
    text(r.from());
    text(r.to());
  }

  private void text(String s) throws IOException {
    Integer n = numbers.putIfAbsent(s, texts.size());
    if (n == null) {
      out.writeInt(texts.size());
      texts.add(s);
    } else {
      out.writeInt(n);
    }
  }

  /**
   * Reads a record.
   *
   * @param known texts of all records, so that equal ones are one object
   * @throws IOException if it is not a record of this version
   */
  static void read(byte[] payload, Map<String, String> known, Consumer<Change> to)
      throws IOException {
    new Reader(new DataInputStream(new ByteArrayInputStream(payload))).read(known, to);
  }

  private static final class Reader {
    private final DataInputStream in;
    private final List<String> texts = new ArrayList<>();

    Reader(DataInputStream in) {
      this.in = in;
    }

    void read(Map<String, String> known, Consumer<Change> to) throws IOException {
      int version = in.readByte();
      if (version != VERSION) {
        throw new IOException(
            "history of entities has version " + version + "; this program reads " + VERSION);
      }
      for (int n = in.readInt(); n > 0; n--) {
        texts.add(known.computeIfAbsent(utf8(), t -> t));
      }
      for (int n = in.readInt(); n > 0; n--) {
        to.accept(change());
      }
    }

    private byte[] sized() throws IOException {
      int n = in.readInt();
      if (n < 0 || n > in.available()) {
        throw new IOException("history of entities has a field of " + n + " bytes");
      }
      return in.readNBytes(n);
    }

    private String utf8() throws IOException {
      return new String(sized(), StandardCharsets.UTF_8);
    }

    private String text() throws IOException {
      int n = in.readInt();
      if (n < 0 || n >= texts.size()) {
        throw new IOException("history of entities refers to text " + n + " of " + texts.size());
      }
      return texts.get(n);
    }

    private <E extends Enum<E>> E kind(E[] values) throws IOException {
      int n = in.readByte();
      if (n < 0 || n >= values.length) {
        throw new IOException("history of entities has an unknown kind " + n);
      }
      return values[n];
    }

    private Change change() throws IOException {
      int type = in.readByte();
      return switch (type) {
        case 0 -> new Change.Start(in.readLong());
        case 1 -> {
          long from = in.readLong();
          long to = in.readLong();
          yield new Change.OfEntity(new Span<>(entity(), from, to));
        }
        case 2 -> {
          long from = in.readLong();
          long to = in.readLong();
          yield new Change.OfRelation(new Span<>(relation(), from, to));
        }
        case 3 -> new Change.EntityEnd(text(), in.readLong());
        case 4 -> new Change.RelationEnd(relation(), in.readLong());
        default -> throw new IOException("history of entities has an unknown change " + type);
      };
    }

    private Relation relation() throws IOException {
      return new Relation(kind(RelationKind.values()), text(), text());
    }

    private Entity entity() throws IOException {
      EntityKind kind = kind(EntityKind.values());
      String id = text();
      String name = text();
      Map<String, String> attributes = new TreeMap<>();
      for (int n = in.readInt(); n > 0; n--) {
        attributes.put(text(), text());
      }
      List<String> keys = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        keys.add(text());
      }
      List<Labels> series = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        series.add(Labels.ofCanonicalBytes(sized()));
      }
      return new Entity(
          kind,
          id,
          name,
          Collections.unmodifiableMap(attributes),
          List.copyOf(keys),
          List.copyOf(series));
    }
  }
}
