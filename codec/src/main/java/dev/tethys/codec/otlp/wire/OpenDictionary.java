package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ProfileDictionary;
import dev.tethys.model.telemetry.ProfileTerms;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Dictionary with entries appended to those of the message. Since protobuf joins repeated fields,
 * the added entries are written after the unchanged message.
 */
final class OpenDictionary implements ProfileTerms {
  /** A decoded attribute entry. */
  private record Term(int key, @Nullable Object value, int unit) {}

  private final ProfileDictionary from;
  private final DictionaryEntries entries;
  private final FieldReader reader;
  private final ProtoWriter added = new ProtoWriter();
  private final Table strings = new Table(ProfileTable.STRING);
  private final Table attributes = new Table(ProfileTable.ATTRIBUTE);

  /** One table: the entries of the message, and the added ones. */
  private final class Table {
    private final ProfileTable table;
    private final List<byte[]> more = new ArrayList<>();
    private @Nullable Map<ByteBuffer, Integer> known;

    Table(ProfileTable table) {
      this.table = table;
    }

    int size() {
      return entries.size(table) + more.size();
    }

    ByteBuffer entry(int index) {
      int n = entries.size(table);
      return index < n || index >= n + more.size()
          ? ByteBuffer.wrap(
              entries.buffer(), entries.offset(table, index), entries.length(table, index))
          : ByteBuffer.wrap(more.get(index - n));
    }

    int indexOf(byte[] entry) {
      Map<ByteBuffer, Integer> all = known;
      if (all == null) {
        all = known = new HashMap<>();
        for (int i = 0; i < size(); i++) {
          all.putIfAbsent(entry(i), i);
        }
        if (all.isEmpty()) {
          add(new byte[0]); // entry 0 of every table is the empty one
        }
      }
      Integer had = all.get(ByteBuffer.wrap(entry));
      return had != null ? had : add(entry);
    }

    private int add(byte[] entry) {
      int index = size();
      more.add(entry);
      added.bytes(table.field(), entry);
      if (known != null) {
        known.put(ByteBuffer.wrap(entry), index);
      }
      return index;
    }
  }

  OpenDictionary(ProfileDictionary from) {
    this.from = from;
    entries = new DictionaryEntries(from.message());
    reader = new FieldReader(new NameCache(), from.message(), 0, 0);
    reader.dictionary = from;
  }

  /** The dictionary with all entries, original and added. */
  ProfileDictionary closed() {
    byte[] all = Arrays.copyOf(from.message(), from.message().length + added.size());
    System.arraycopy(added.buffer(), 0, all, from.message().length, added.size());
    // One profile more than exist, so that entries unused after edits are not written.
    return new ProfileDictionary(all, from.profiles() + 1);
  }

  @Override
  public String string(int index) {
    return index == 0 ? "" : StandardCharsets.UTF_8.decode(strings.entry(index)).toString();
  }

  @Override
  public int stringIndex(String text) {
    return text.isEmpty() ? 0 : strings.indexOf(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public boolean hasAttribute(int index) {
    return index >= 0 && index < attributes.size();
  }

  @Override
  public boolean hasLink(int index) {
    return index == 0 || index > 0 && index < entries.size(ProfileTable.LINK);
  }

  @Override
  public Attributes attributes(int[] indices) {
    Attributes out = new Attributes();
    for (int i : indices) {
      Term t = term(i);
      out.add(string(t.key), t.value);
    }
    return out;
  }

  @Override
  public int[] indices(Attributes wanted, int[] before) {
    Map<String, Integer> had = new HashMap<>();
    for (int i : before) {
      had.putIfAbsent(string(term(i).key), i);
    }
    int[] out = new int[wanted.size()];
    for (int i = 0; i < out.length; i++) {
      // A key may be there twice: its old place is checked first.
      Integer place =
          i < before.length && string(term(before[i]).key).equals(wanted.key(i))
              ? (Integer) before[i]
              : had.get(wanted.key(i));
      Term t = place == null ? null : term(place);
      out[i] =
          place != null && t != null && AnyValue.equal(t.value, wanted.raw(i))
              ? place
              : attributes.indexOf(entry(wanted, i, t == null ? 0 : t.unit));
    }
    return out;
  }

  private byte[] entry(Attributes of, int i, int unit) {
    ProtoWriter w = new ProtoWriter();
    w.int64Unless0(1, stringIndex(of.key(i)));
    int v = w.begin(2);
    new FieldWriter(w).value(of.raw(i));
    w.end(v);
    return w.int64Unless0(3, unit).toByteArray();
  }

  private Term term(int index) {
    ByteBuffer entry = attributes.entry(index);
    ProtoReader r = reader.r.reset(entry.array(), entry.position(), entry.remaining());
    int key = 0;
    int unit = 0;
    Object value = null;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | ProtoReader.VARINT -> key = r.readInt();
        case 2 << 3 | ProtoReader.LENGTH -> value = reader.value(value);
        case 3 << 3 | ProtoReader.VARINT -> unit = r.readInt();
        default -> r.skip();
      }
    }
    return new Term(key, value, unit);
  }
}
