package dev.tethys.alert.manager.state;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherBytes;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Silences and notification log entries in the format exchanged by the Alertmanagers of a cluster:
 * protobuf messages, each preceded by its length as a varint.
 *
 * <p>{@code MeshSilence {Silence silence = 1; Timestamp expires_at = 2}}, {@code Silence {id = 1;
 * Matcher matchers = 2; starts_at = 3; ends_at = 4; updated_at = 5; Comment comments = 7;
 * created_by = 8; comment = 9; map annotations = 10; MatcherSet matcher_sets = 11; MatcherSet
 * receiver_matcher_sets = 12}}, {@code Matcher {type = 1; name = 2; pattern = 3}}.
 *
 * <p>{@code MeshEntry {Entry entry = 1; Timestamp expires_at = 2}}, {@code Entry {bytes group_key =
 * 1; Receiver {group_name = 1; integration = 2; idx = 3} receiver = 2; timestamp = 5; repeated
 * uint64 firing_alerts = 6; repeated uint64 resolved_alerts = 7; map receiver_data = 8}}.
 */
final class MeshCodec {
  private static final LabelMatcher.Type[] TYPES = {
    LabelMatcher.Type.EQUAL,
    LabelMatcher.Type.REGEX,
    LabelMatcher.Type.NOT_EQUAL,
    LabelMatcher.Type.NOT_REGEX
  };

  /** Decodes a silence of another member; returns null if it has no matchers and so no effect. */
  record MeshSilence(@Nullable Silence silence, String id, Instant expiresAt) {}

  record MeshEntry(NotificationLog.Key key, NotificationLog.Entry entry) {}

  private MeshCodec() {}

  private static void time(ProtoWriter w, int field, Instant t) {
    int begun = w.begin(field);
    w.int64Unless0(1, t.getEpochSecond()).int64Unless0(2, t.getNano());
    w.end(begun);
  }

  private static Instant time(ProtoReader r) {
    int outer = r.enter();
    long seconds = 0;
    int nanos = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> seconds = r.readLong();
        case 2 -> nanos = r.readInt();
        default -> r.skip();
      }
    }
    r.leave(outer);
    try {
      return Instant.ofEpochSecond(seconds, nanos);
    } catch (DateTimeException | ArithmeticException e) {
      throw r.malformed("a time is out of range");
    }
  }

  private static byte[] delimited(ProtoWriter message) {
    return new ProtoWriter(message.size() + 5)
        .varint(message.size())
        .raw(message.buffer(), 0, message.size())
        .toByteArray();
  }

  static byte[] silence(Silence s, Instant expiresAt) {
    ProtoWriter w = new ProtoWriter();
    int begun = w.begin(1);
    w.string(1, s.id());
    matchers(w, 2, s.matchers());
    time(w, 3, s.startsAt());
    time(w, 4, s.endsAt());
    time(w, 5, s.updatedAt());
    w.string(8, s.createdBy()).string(9, s.comment());
    s.annotations()
        .forEach(
            (k, v) -> {
              int entry = w.begin(10);
              w.string(1, k).string(2, v);
              w.end(entry);
            });
    sets(w, 11, s.sets());
    sets(w, 12, s.receiverSets());
    w.end(begun);
    time(w, 2, expiresAt);
    return delimited(w);
  }

  private static void sets(ProtoWriter w, int field, List<LabelMatchers> sets) {
    for (LabelMatchers m : sets) {
      int set = w.begin(field);
      matchers(w, 1, m);
      w.end(set);
    }
  }

  private static void matchers(ProtoWriter w, int field, LabelMatchers matchers) {
    for (LabelMatcher m : matchers.all()) {
      int begun = w.begin(field);
      for (int i = 0; i < TYPES.length; i++) {
        if (TYPES[i] == m.type()) {
          w.int64Unless0(1, i);
        }
      }
      w.string(2, m.name()).string(3, m.value());
      w.end(begun);
    }
  }

  private static LabelMatcher matcher(ProtoReader r, MatcherBytes bytes) {
    int outer = r.enter();
    int type = 0;
    String name = "";
    String pattern = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> type = r.readInt();
        case 2 -> name = r.readString();
        case 3 -> pattern = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    if (type < 0 || type >= TYPES.length) {
      throw r.malformed("a matcher is of kind " + type);
    }
    try {
      LabelMatcher m = LabelMatcher.of(TYPES[type], name, pattern);
      bytes.add(m);
      return m;
    } catch (IllegalArgumentException e) {
      throw r.malformed("a matcher has an expression that is not valid: " + e.getMessage());
    }
  }

  private static List<LabelMatcher> matcherSet(ProtoReader r, MatcherBytes bytes) {
    int outer = r.enter();
    List<LabelMatcher> all = new ArrayList<>();
    while (r.next()) {
      if (r.field() == 1) {
        all.add(matcher(r, bytes));
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return all;
  }

  /** Returns the next length-prefixed message. */
  private static ProtoReader message(ProtoReader whole) {
    long n = whole.readVarint();
    int from = whole.position();
    if (n < 0 || n > whole.limit() - from) {
      throw whole.malformed("invalid length: " + n + " bytes");
    }
    whole.position(from + (int) n);
    return new ProtoReader().reset(whole.buffer(), from, (int) n);
  }

  /**
   * Reads silences, one at a time.
   *
   * @param maxBytes most memory for the matchers of one
   * @throws dev.tethys.codec.CodecException if they are malformed
   */
  static void silences(byte[] encoded, long maxBytes, Consumer<MeshSilence> to) {
    ProtoReader whole = new ProtoReader(encoded);
    while (!whole.atEnd()) {
      ProtoReader r = message(whole);
      Draft draft = new Draft(maxBytes);
      while (r.next()) {
        switch (r.field()) {
          case 1 -> draft.read(r);
          case 2 -> draft.expiresAt = time(r);
          default -> r.skip();
        }
      }
      to.accept(draft.end());
    }
  }

  /** Partly decoded silence. */
  private static final class Draft {
    final MatcherBytes bytes;
    String id = "";
    List<LabelMatcher> matchers = new ArrayList<>();
    final List<List<LabelMatcher>> sets = new ArrayList<>();
    final List<List<LabelMatcher>> receivers = new ArrayList<>();
    Instant startsAt = Instant.EPOCH;
    Instant endsAt = Instant.EPOCH;
    Instant updatedAt = Instant.EPOCH;
    Instant expiresAt = Instant.EPOCH;
    String createdBy = "";
    String comment = "";
    boolean commented;
    final Map<String, String> annotations = new LinkedHashMap<>();

    Draft(long maxBytes) {
      this.bytes = new MatcherBytes(maxBytes);
    }

    void read(ProtoReader r) {
      int outer = r.enter();
      while (r.next()) {
        switch (r.field()) {
          case 1 -> id = r.readString();
          case 2 -> matchers.add(matcher(r, bytes));
          case 3 -> startsAt = time(r);
          case 4 -> endsAt = time(r);
          case 5 -> updatedAt = time(r);
          case 7 -> oldComment(r);
          case 8 -> createdBy = commented ? createdBy : r.readString();
          case 9 -> comment = commented ? comment : r.readString();
          case 10 -> pair(r, annotations);
          case 11 -> sets.add(matcherSet(r, bytes));
          case 12 -> receivers.add(matcherSet(r, bytes));
          default -> r.skip();
        }
      }
      r.leave(outer);
    }

    /** Reads the oldest format, of which only the first entry counts. */
    private void oldComment(ProtoReader r) {
      int outer = r.enter();
      String author = "";
      String text = "";
      while (r.next()) {
        switch (r.field()) {
          case 1 -> author = r.readString();
          case 2 -> text = r.readString();
          default -> r.skip();
        }
      }
      r.leave(outer);
      if (!commented) {
        commented = true;
        createdBy = author;
        comment = text;
      }
    }

    MeshSilence end() {
      List<List<LabelMatcher>> all = sets.isEmpty() ? List.of(matchers) : sets;
      if (all.stream().anyMatch(List::isEmpty) || receivers.stream().anyMatch(List::isEmpty)) {
        return new MeshSilence(null, id, expiresAt);
      }
      return new MeshSilence(
          new Silence(
              id,
              all.stream().map(LabelMatchers::sorted).toList(),
              receivers.stream().map(LabelMatchers::sorted).toList(),
              startsAt,
              endsAt,
              updatedAt,
              createdBy,
              comment,
              annotations),
          id,
          expiresAt);
    }
  }

  private static void pair(ProtoReader r, Map<String, String> to) {
    int outer = r.enter();
    String key = "";
    String value = "";
    while (r.next()) {
      switch (r.field()) {
        case 1 -> key = r.readString();
        case 2 -> value = r.readString();
        default -> r.skip();
      }
    }
    r.leave(outer);
    to.put(key, value);
  }

  static byte[] sent(NotificationLog.Key key, NotificationLog.Entry e) {
    ProtoWriter w = new ProtoWriter();
    int begun = w.begin(1);
    w.string(1, key.groupKey());
    int receiver = w.begin(2);
    w.string(1, key.receiver()).string(2, key.integration()).int64Unless0(3, key.index());
    w.end(receiver);
    time(w, 5, e.at());
    packed(w, 6, e.firing());
    packed(w, 7, e.resolved());
    e.memo()
        .forEach(
            (k, v) -> {
              int entry = w.begin(8);
              w.string(1, k);
              int value = w.begin(2);
              w.string(1, v);
              w.end(value);
              w.end(entry);
            });
    w.end(begun);
    time(w, 2, e.expiresAt());
    return delimited(w);
  }

  private static void packed(ProtoWriter w, int field, Set<Long> numbers) {
    if (!numbers.isEmpty()) {
      int begun = w.begin(field);
      numbers.forEach(w::varint);
      w.end(begun);
    }
  }

  /**
   * Reads notification log entries, one at a time.
   *
   * @throws dev.tethys.codec.CodecException if it is malformed
   */
  static void sent(byte[] encoded, Consumer<MeshEntry> to) {
    ProtoReader whole = new ProtoReader(encoded);
    while (!whole.atEnd()) {
      ProtoReader r = message(whole);
      EntryDraft draft = new EntryDraft();
      while (r.next()) {
        switch (r.field()) {
          case 1 -> draft.read(r);
          case 2 -> draft.expiresAt = time(r);
          default -> r.skip();
        }
      }
      to.accept(draft.end());
    }
  }

  private static final class EntryDraft {
    String group = "";
    String receiver = "";
    String integration = "";
    int index;
    Instant at = Instant.EPOCH;
    Instant expiresAt = Instant.EPOCH;
    final Set<Long> firing = new HashSet<>();
    final Set<Long> resolved = new HashSet<>();
    final Map<String, String> memo = new HashMap<>();

    void read(ProtoReader r) {
      int outer = r.enter();
      while (r.next()) {
        switch (r.field()) {
          case 1 -> group = new String(r.readBytes(), StandardCharsets.UTF_8);
          case 2 -> receiver(r);
          case 5 -> at = time(r);
          case 6 -> numbers(r, firing);
          case 7 -> numbers(r, resolved);
          case 8 -> memo(r);
          default -> r.skip();
        }
      }
      r.leave(outer);
    }

    private static void numbers(ProtoReader r, Set<Long> to) {
      int outer = r.beginRepeated(ProtoReader.VARINT);
      while (r.moreRepeated(outer)) {
        to.add(r.readVarint());
      }
    }

    private void receiver(ProtoReader r) {
      int outer = r.enter();
      while (r.next()) {
        switch (r.field()) {
          case 1 -> receiver = r.readString();
          case 2 -> integration = r.readString();
          case 3 -> index = r.readInt();
          default -> r.skip();
        }
      }
      r.leave(outer);
    }

    private void memo(ProtoReader r) {
      int outer = r.enter();
      String key = "";
      String value = "";
      while (r.next()) {
        switch (r.field()) {
          case 1 -> key = r.readString();
          case 2 -> {
            int inner = r.enter();
            while (r.next()) {
              switch (r.field()) {
                case 1 -> value = r.readString();
                case 2 -> value = Long.toString(r.readLong());
                case 3 -> value = Double.toString(r.readDouble());
                default -> r.skip();
              }
            }
            r.leave(inner);
          }
          default -> r.skip();
        }
      }
      r.leave(outer);
      memo.put(key, value);
    }

    MeshEntry end() {
      return new MeshEntry(
          new NotificationLog.Key(group, receiver, integration, index),
          new NotificationLog.Entry(
              at, Set.copyOf(firing), Set.copyOf(resolved), expiresAt, Map.copyOf(memo)));
    }
  }
}
