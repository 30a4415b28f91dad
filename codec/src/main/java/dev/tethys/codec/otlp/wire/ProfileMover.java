package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.otlp.wire.OtlpSchema.Field;
import dev.tethys.codec.otlp.wire.OtlpSchema.Message;
import dev.tethys.codec.otlp.wire.OtlpSchema.Type;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfileDictionary;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Rewrites profiles of several dictionaries for a single one with only the entries that they need.
 *
 * <p>An index is followed when it is reached: the referenced entries are moved first, then the
 * entry itself, so that equal entries are merged regardless of their indices. Tables refer to each
 * other without circles: stacks to locations, these to mappings, functions and attributes, all to
 * text.
 */
final class ProfileMover {
  private static final Message PROFILE = OtlpSchema.message("Profile");
  private static final Set<String> WITH_INDICES = withIndices();

  /** New indexes of dictionary entries; 0 for entries not moved yet, since entry 0 stays at 0. */
  private static final class Source {
    final DictionaryEntries entries;
    final int[][] moved;

    Source(ProfileDictionary d) {
      entries = new DictionaryEntries(d.message());
      ProfileTable[] tables = ProfileTable.values();
      moved = new int[tables.length][];
      for (ProfileTable t : tables) {
        moved[t.ordinal()] = new int[entries.size(t)];
      }
    }
  }

  private final DictionaryWriter to = new DictionaryWriter();
  private final Map<ProfileDictionary, Source> sources = new IdentityHashMap<>();

  /** Writes the content of a profile. */
  void profile(Profile p, ProtoWriter w) {
    Source s = sources.computeIfAbsent(p.dictionary(), Source::new);
    message(PROFILE, new ProtoReader().reset(p.buffer(), p.offset(), p.length()), s, w);
  }

  /** Returns the dictionary with all entries written. */
  DictionaryWriter dictionary() {
    return to;
  }

  private void message(Message m, ProtoReader r, Source s, ProtoWriter w) {
    while (r.next()) {
      Field f = m.field(r.field());
      if (f != null && f.table() > 0) {
        index(f, r, s, w);
      } else if (f != null
          && f.type() == Type.MESSAGE
          && r.wireType() == ProtoReader.LENGTH
          && WITH_INDICES.contains(f.messageName())) {
        int begun = w.begin(f.number());
        int outer = r.enter();
        message(m.child(f), r, s, w);
        r.leave(outer);
        w.end(begun);
      } else {
        int from = r.fieldStart();
        r.skip();
        w.raw(r.buffer(), from, r.position() - from);
      }
    }
  }

  private void index(Field f, ProtoReader r, Source s, ProtoWriter w) {
    ProfileTable t = ProfileTable.ofField(f.table());
    if (!f.repeated()) {
      int i = moved(t, r.readInt(), s);
      if (i != 0 || f.presence()) {
        w.int64(f.number(), i);
      }
      return;
    }
    int begun = w.begin(f.number());
    for (int outer = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(outer); ) {
      w.varint(moved(t, (int) r.readVarint(), s));
    }
    w.end(begun);
  }

  private int moved(ProfileTable t, int index, Source s) {
    if (index == 0) {
      return 0;
    }
    DictionaryEntries d = s.entries;
    int offset = d.offset(t, index);
    int length = d.length(t, index);
    int done = s.moved[t.ordinal()][index];
    if (done != 0) {
      return done;
    }
    int there;
    if (t == ProfileTable.STRING || t == ProfileTable.LINK) {
      there = to.index(t, d.buffer(), offset, length);
    } else {
      ProtoWriter entry = new ProtoWriter(length + 16);
      message(
          OtlpSchema.message(t.message),
          new ProtoReader().reset(d.buffer(), offset, length),
          s,
          entry);
      there = to.index(t, entry);
    }
    s.moved[t.ordinal()][index] = there;
    return there;
  }

  /** Returns the messages that contain an index directly or indirectly. */
  private static Set<String> withIndices() {
    Set<String> out = new HashSet<>();
    boolean more = true;
    while (more) {
      more = false;
      for (Message m : OtlpSchema.messages()) {
        for (Field f : m.fields()) {
          if (f != null && (f.table() > 0 || out.contains(f.messageName()))) {
            more |= out.add(m.name);
          }
        }
      }
    }
    return out;
  }
}
